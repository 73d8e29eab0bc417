"""The catalogue of events and the published schemas."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from tests.factories import make_user
from webhooks_ui.models import EventName
from webhooks_ui.payloads import schema_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def anybody() -> Client:
    """Somebody who is signed in, and may do nothing."""
    client = Client()
    client.force_login(make_user())
    return client


def shown(client: Client, **query: str) -> list[str]:
    """Return the events on the page, in their order."""
    page = client.get(reverse("webhooks_ui:webhook_events"), query).content.decode()
    return [name for name in EventName.values if f'id="{name}"' in page]


def test_each_event_is_shown_with_an_example_and_its_schema(anybody: Client) -> None:
    page = anybody.get(reverse("webhooks_ui:webhook_events")).content.decode()

    for name in EventName:
        assert f'id="{name}"' in page
        assert f"&quot;event&quot;: &quot;{name}&quot;" in page
        assert reverse("webhooks_ui:webhook_event_schema", args=[name]) in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Break-Glass overdue", ["BREAK_GLASS_REVIEW_OVERDUE"]),
        ("break_glass_used", ["BREAK_GLASS_USED"]),
        ("signoff.policy", ["POLICY_CHANGED"]),
        ("nothing-of-the-kind", []),
    ],
)
def test_all_words_must_occur(anybody: Client, words: str, found: list[str]) -> None:
    assert shown(anybody, q=words)[:1] == found[:1]
    assert set(found) <= set(shown(anybody, q=words))


def test_nothing_found_says_so_and_leads_back(anybody: Client) -> None:
    address = reverse("webhooks_ui:webhook_events")

    page = anybody.get(address, {"q": "zzz"}).content.decode()

    assert "No event found" in page
    assert f'href="{address}">Show all' in page


def test_htmx_gets_the_list_alone(anybody: Client) -> None:
    address = reverse("webhooks_ui:webhook_events")

    page = anybody.get(address, {"q": "alias"}, headers={"HX-Request": "true"})

    text = page.content.decode()
    assert "<html" not in text
    assert 'id="catalog"' in text


@pytest.mark.parametrize("name", EventName)
def test_a_schema_is_read_without_signing_in(name: EventName) -> None:
    answer = Client().get(f"/webhooks/events/{name}/schema.json")

    assert answer["Content-Type"] == "application/schema+json"
    schema: dict[str, Any] = json.loads(answer.content)
    Draft202012Validator.check_schema(schema)
    assert schema == json.loads(json.dumps(schema_of(name)))
    assert schema["$id"].endswith(f"/webhooks/events/{name}/schema.json")


def test_of_an_unknown_event_there_is_no_schema() -> None:
    assert Client().get("/webhooks/events/NONSENSE/schema.json").status_code == 404
