"""Cursors: what only this list and only we can have made."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import ModelVersion
from tests.factories import make_transition_request
from tests.registry_ui.api.conftest import caller


@pytest.fixture
def client(requester: User, candidate: ModelVersion) -> Client:
    for _ in range(3):
        make_transition_request(version=candidate)
    return caller(requester)


def _page(client: Client, **query: Any) -> Any:
    return client.get("/api/v1/requests", query | {"limit": 1}).json()


def test_what_comes_meanwhile_repeats_and_hides_nothing(
    client: Client, candidate: ModelVersion
) -> None:
    first = _page(client)
    make_transition_request(version=candidate)

    second = _page(client, cursor=first["next_cursor"])

    assert second["requests"][0]["number"] == first["requests"][0]["number"] - 1


@pytest.mark.parametrize("path", ["incidents", "audit", "models", "holdings"])
def test_a_cursor_of_another_list_is_refused(client: Client, path: str) -> None:
    cursor = _page(client)["next_cursor"]

    answer = client.get(f"/api/v1/{path}", {"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`cursor` must be")


@pytest.mark.parametrize("cursor", ["", "x", "WzFd:x", "é", "9" * 10_000])
def test_a_made_up_cursor_is_refused(client: Client, cursor: str) -> None:
    answer = client.get("/api/v1/requests", {"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`cursor` must be")
