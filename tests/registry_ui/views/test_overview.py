"""The first page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from registry_ui.events import EventType, record_event
from registry_ui.models import Level, MirrorState, Stage
from registry_ui.views.waiting import requests_to_decide
from tests.factories import (
    grant,
    make_model,
    make_token,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(client: Client) -> User:
    """Return somebody who decides on Production; the client is theirs."""
    user = make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    client.force_login(user)
    return user


def overview(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def test_what_i_may_decide_comes_first_with_its_open_gates(
    client: Client, reviewer: User
) -> None:
    dana = make_user(full_name="Dana Okafor")
    version = make_version(model=make_model(name="churn"), stage=Stage.STAGING)
    ask = make_transition_request(version=version, requested_by=dana)

    page = overview(client)

    assert page.index("Waiting for you") < page.index("What changed")
    for words in ("churn v1 to Production", "Dana Okafor", "0 of 1 approvals so far."):
        assert words in page
    assert ask.get_absolute_url() in page


def test_my_own_request_waits_for_somebody_else(client: Client, reviewer: User) -> None:
    make_transition_request(requested_by=reviewer)

    page = overview(client)

    assert "Nothing waits for you" in page
    assert "You asked for" in page


@pytest.mark.parametrize(
    ("level", "target", "waits"),
    [
        (Level.CAN_EDIT, "stage:Staging", False),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "stage:Staging", True),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "stage:Production", False),
        (Level.CAN_MANAGE_PRODUCTION_VERSIONS, "stage:Production", True),
        (Level.CAN_MANAGE_STAGING_VERSIONS, "alias:champion", False),
    ],
)
def test_a_request_waits_for_those_with_the_level(
    level: Level, target: str, waits: bool
) -> None:
    ask = make_transition_request(target=target)
    user = make_user()
    grant(user, level, ask.version.model)

    assert requests_to_decide(user) == ([ask] if waits else [])


def test_the_highest_of_several_levels_counts() -> None:
    ask = make_transition_request()
    user = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    grant(user, Level.CAN_READ, ask.version.model)

    assert requests_to_decide(user) == [ask]


def test_few_of_many_requests_are_shown_with_their_number(
    client: Client, reviewer: User
) -> None:
    for _ in range(7):
        make_transition_request()

    assert "All 7 requests" in overview(client)


def test_failed_applications_are_named_with_the_reason(
    client: Client, reviewer: User
) -> None:
    make_transition_request(status="failed", failure="MLflow refused: <b>no</b>")

    page = overview(client)

    assert "Approved, but not carried out" in page
    assert "MLflow refused: &lt;b&gt;no&lt;/b&gt;" in page


def test_changes_are_sentences_about_models_not_about_tokens(
    client: Client, reviewer: User
) -> None:
    version = make_version(model=make_model(name="churn"))
    make_token(user=reviewer)
    with transaction.atomic():
        record_event(
            EventType.MODEL_VERSION_TRANSITIONED,
            actor=None,
            version=version,
            from_stage="None",
            to_stage="Staging",
            through="mlflow",
        )

    page = overview(client)

    assert "Somebody in MLflow moved churn v1 from None to Staging" in page
    assert "API token" not in page


def test_a_stranger_sees_nothing_of_the_registry(client: Client) -> None:
    client.force_login(make_user())
    make_transition_request(version=make_version(model=make_model(name="churn")))

    page = overview(client)

    assert "You may not read any model yet" in page
    assert "churn" not in page


def test_an_empty_mirror_says_so(client: Client, reviewer: User) -> None:
    MirrorState.objects.create(error="MLflow does not answer at http://x.")

    page = overview(client)

    assert "MLflow has not been read yet" in page
    assert "MLflow does not answer at http://x." in page


def test_a_fresh_mirror_without_models_says_what_to_do(
    client: Client, reviewer: User
) -> None:
    MirrorState.objects.create(synced_at=timezone.now())

    assert "MLflow has no registered models yet" in overview(client)


def test_an_old_mirror_is_called_old(client: Client, reviewer: User) -> None:
    MirrorState.objects.create(synced_at=timezone.now() - timedelta(hours=2))

    assert "Nothing is being synced." in overview(client)


def test_more_requests_take_no_more_queries_than_those_shown(
    client: Client, reviewer: User
) -> None:
    def make_requests(count: int) -> None:
        for _ in range(count):
            make_transition_request()
            make_transition_request(requested_by=reviewer)
            make_transition_request(status="failed")

    make_requests(5)
    few = query_count(client, "/")
    make_requests(25)

    assert query_count(client, "/") == few
