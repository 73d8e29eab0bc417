"""The form's fields, checked while one types."""

import pytest
from django.test import Client
from django.urls import reverse

from registry_ui.models import Level
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.conftest import Internet
from webhooks_ui.models import Webhook

pytestmark = pytest.mark.django_db

URL = reverse("webhooks_ui:webhook_check")


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("url", "http://receiver.example.com/", "SIGNOFF_WEBHOOK_ALLOW_HTTP"),
        ("url", "https://inside.example.com/", "10.1.2.3 is not a public address"),
        ("url", "", "This field is required."),
        ("url", "https://a.example.com/\x00", "Null characters are not allowed."),
        ("url", "https://outside.example.com/", "May be called."),
        ("secret", "a\tb", "on one line"),
        ("model_name", "churn", "You manage it."),
        ("model_name", "nothing like it", "You manage no model of such a name."),
        ("model_name", "chu", '<option value="churn">'),
    ],
)
def test_a_field_says_what_is_wrong_and_nothing_is_stored(
    client: Client, internet: Internet, field: str, typed: str, message: str
) -> None:
    internet.names = {
        "inside.example.com": [["10.1.2.3"]],
        "outside.example.com": [["93.184.216.34"]],
    }
    make_model(name="churn")
    client.force_login(make_user(is_superuser=True))

    answer = client.post(f"{URL}?field={field}", {field: typed})

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert "<input" not in answer.content.decode()
    assert not Webhook.objects.exists()


def test_models_are_suggested_to_those_who_manage_them(client: Client) -> None:
    mine, other = make_model(name="churn-mine"), make_model(name="churn-other")
    manager = make_user()
    grant(manager, Level.CAN_MANAGE, mine)
    grant(manager, Level.CAN_READ, other)
    client.force_login(manager)

    html = client.post(f"{URL}?field=model_name", {"model_name": "churn"})
    page = client.get(reverse("webhooks_ui:webhook_create"))

    for text in (html.content.decode(), page.content.decode()):
        assert "churn-mine" in text
        assert "churn-other" not in text


def test_who_manages_nothing_checks_nothing(client: Client) -> None:
    client.force_login(make_user())

    assert client.post(f"{URL}?field=url", {"url": "https://a/"}).status_code == 403


def test_a_field_that_is_not_there_is_not_found(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))

    assert client.post(f"{URL}?field=events").status_code == 404
