"""The page of the API: whole, and readable by anybody."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.registry_ui.api.conftest import caller

URL = "/api/v1/docs"


@pytest.fixture
def page(db: None) -> str:
    answer = Client().get(URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_every_call_and_every_schema(page: str) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    for path, item in document["paths"].items():
        for operation in item.values():
            assert f'id="{operation["operationId"]}"' in page, path
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page


def test_every_link_on_it_leads_to_a_part_of_it(page: str) -> None:
    anchors = {part.split('"')[0] for part in page.split('href="#')[1:]}
    ids = {part.split('"')[0] for part in page.split(' id="')[1:]}

    assert anchors <= ids


def test_types_bounds_and_defaults_are_in_words(page: str) -> None:
    assert "integer, at least 1, at most 200" in page
    assert "default <code>50</code>" in page
    assert "one of pending, passed, failed" in page


def test_it_loads_nothing_from_elsewhere_and_runs_nothing_inline(page: str) -> None:
    assert "//cdn" not in page
    assert "<style" not in page
    assert "<script>" not in page


def test_it_greets_who_is_signed_in_with_the_menu(requester: User) -> None:
    client = Client()
    client.force_login(requester)

    assert 'aria-label="Main"' in client.get(URL).content.decode()


def test_it_is_read_alone(requester: User) -> None:
    assert caller(requester).post(URL).status_code == 404
