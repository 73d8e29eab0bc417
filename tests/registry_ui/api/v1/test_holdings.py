"""Who held what when, over REST."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Holding, ModelVersion
from tests.factories import make_user, make_version
from tests.registry_ui.api.conftest import caller

URL = "/api/v1/holdings"
PRODUCTION = "stage:Production"


@pytest.fixture
def holdings(candidate: ModelVersion) -> list[Holding]:
    """Version 1 held Production through January, version 2 holds it since."""
    first = ModelVersion.objects.get(model=candidate.model, number=1)
    january, february = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
    common = {"model": candidate.model, "target": PRODUCTION}
    return [
        Holding.objects.create(
            version=first, started_at=january, ended_at=february, **common
        ),
        Holding.objects.create(version=candidate, started_at=february, **common),
    ]


def _versions(client: Client, **query: Any) -> list[int]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.json()
    return [one["version"] for one in answer.json()["holdings"]]


@pytest.mark.parametrize(
    ("at", "versions"),
    [
        ("2025-12-31T23:59:59Z", []),
        ("2026-01-15", [1]),
        ("2026-01-15T12:00", [1]),
        ("20260115", [1]),
        ("2026-02-01T00:00:00Z", [2]),
        ("2026-02-01T00:30:00+01:00", [1]),
    ],
)
def test_who_held_what_at_an_instant(
    requester: User, holdings: list[Holding], at: str, versions: list[int]
) -> None:
    assert _versions(caller(requester), at=at, model="churn") == versions


def test_the_history_of_a_target(requester: User, holdings: list[Holding]) -> None:
    client = caller(requester)

    assert _versions(client, target="stage:production") == [2, 1]
    assert _versions(client, version=1) == [1]
    assert _versions(client, target="alias:champion") == []


def test_pages_follow_the_beginning(requester: User, holdings: list[Holding]) -> None:
    client = caller(requester)

    first = client.get(URL, {"limit": 1}).json()
    second = client.get(URL, {"limit": 1, "cursor": first["next_cursor"]}).json()

    assert second["holdings"][0]["ended"]["at"] == first["holdings"][0]["started"]["at"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "at",
    [
        *("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", ""),
        *("0", "-1", "2025", "1767225600", "1767225600.5", "20261301"),
    ],
)
def test_a_bad_instant_is_named(requester: User, at: str) -> None:
    answer = caller(requester).get(URL, {"at": at})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("`at`")


def test_holdings_of_other_models_are_not_there(holdings: list[Holding]) -> None:
    make_version()
    client = caller(make_user())

    assert _versions(client) == []
    assert client.get(URL, {"model": "churn"}).status_code == 404
