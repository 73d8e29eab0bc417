"""How many calls one may make, and how one is told."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.factories import make_user
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/requests"
NAMES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture(autouse=True)
def _two_calls_a_minute(settings: Settings) -> None:
    settings.API_CALLS_PER_MINUTE = 2


def test_every_answer_says_what_is_left(requester: User) -> None:
    client = caller(requester)

    found, refused = client.get(URL), client.get(f"{URL}/999")

    assert [found[name] for name in NAMES] == ["2", "1", "60"]
    assert refused.status_code == 404
    assert refused["RateLimit-Remaining"] == "0"


def test_who_has_none_left_is_told_when(requester: User) -> None:
    other_token = caller(requester)
    client = caller(requester)
    client.get(URL)
    other_token.get(URL)

    answer = client.get(URL)

    assert answer.status_code == 429
    assert answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert "2 calls within a minute" in answer.json()["message"]
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["RateLimit-Remaining"] == "0"


def test_others_have_calls_of_their_own(requester: User) -> None:
    client = caller(requester)
    for _ in range(3):
        client.get(URL)

    assert caller(make_user()).get(URL).status_code == 200


def test_the_document_and_who_is_not_let_in_are_not_counted(db: None) -> None:
    client = Client()
    for path in (URL, "/api/v1/openapi.json"):
        assert not set(NAMES) & set(client.get(path).headers)
