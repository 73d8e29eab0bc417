"""When a short move looks what stands there, and what it costs."""

from collections.abc import Callable, Mapping

import pytest
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import DjangoAssertNumQueries

from registry_ui.models import (
    Incident,
    Level,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from tests.factories import make_user
from tests.registry_ui.actions.flaky_mlflow import FlakyMLflow
from tests.registry_ui.api.conftest import caller
from tests.registry_ui.api.gateway.short_moves.calling import (
    ALIAS,
    MOST_QUERIES,
    MOST_WITH_A_LOOK,
    SHORT,
    SHORTEST,
    SOURCE,
    TRANSITION,
    Status,
    post,
    registered,
    stage,
    transition,
)


def changed_around(name: str, plain: PlainClient) -> None:
    """Move what a later move will find elsewhere than the mirror has it."""
    plain.transition_model_version_stage(name, "1", "Production")
    plain.set_registered_model_alias(name, "champion", "2")
    plain.create_model_version(name, SOURCE)
    sync_is_behind = ModelVersion.objects.get(model__name=name, number=1)
    assert sync_is_behind.stage == "None"


@pytest.mark.parametrize("path", [TRANSITION, ALIAS])
@pytest.mark.parametrize(
    ("policies", "calls", "most"),
    [
        (None, SHORTEST, MOST_QUERIES),
        ("others_guarded", SHORTEST, MOST_QUERIES),
        ("guarded", SHORT, MOST_WITH_A_LOOK),
    ],
    ids=["nothing is asked for", "elsewhere", "something is asked for"],
)
def test_a_plain_move_is_a_write_perhaps_a_look_and_few_queries(
    churn: str,
    client: Client,
    door: FlakyMLflow,
    request: pytest.FixtureRequest,
    path: str,
    policies: str | None,
    calls: int,
    most: Mapping[str, int],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    if policies:
        request.getfixturevalue(policies)
    body = {"name": churn, "version": "2", "stage": "Staging", "alias": "champion"}
    del body["alias" if path == TRANSITION else "stage"]
    client.get(ALIAS, {"name": churn, "alias": "champion"})  # the token was used
    door.count = 0

    with django_assert_max_num_queries(most[path]):
        answer = post(client, path, **body)

    assert answer.status_code == 200
    assert door.count == calls
    assert TransitionRequest.objects.get().status == Status.APPLIED
    if path == TRANSITION:
        assert answer.json()["model_version"]["current_stage"] == "Staging"


def test_who_may_not_move_it_out_of_production_looks_whether_it_is_there(
    churn: str, door: FlakyMLflow, plain: PlainClient
) -> None:
    client = caller(make_user(level=Level.CAN_MANAGE_STAGING_VERSIONS))

    assert transition(client, churn, "Staging").status_code == 200
    assert door.count == SHORT

    plain.transition_model_version_stage(churn, "1", "Production")
    refused = transition(client, churn, "Archived")
    assert "v1 is in Production; it was in Staging" in refused.json()["message"]
    assert stage(plain, churn) == "Production"


@pytest.mark.usefixtures("guarded")
def test_a_change_around_signoff_is_not_overwritten(
    churn: str,
    client: Client,
    plain: PlainClient,
    sync: Callable[[], None],
) -> None:
    changed_around(churn, plain)

    moved = transition(client, churn, "Archived")
    pointed = post(client, ALIAS, name=churn, version="3", alias="champion")

    assert "v1 is in Production; it was in None" in moved.json()["message"]
    assert "@champion points to v2; it was at v1" in pointed.json()["message"]
    assert stage(plain, churn) == "Production"
    assert plain.get_registered_model(churn).aliases == {"champion": "2"}
    assert set(TransitionRequest.objects.values_list("status", flat=True)) == {
        Status.FAILED
    }
    TransitionRequest.objects.update(due_at=None)
    sync()
    assert Incident.objects.open().get().model.name == churn


@pytest.mark.parametrize("policies", [None, "others_guarded"])
def test_where_a_target_asks_for_nothing_the_last_one_who_writes_wins(
    churn: str,
    client: Client,
    plain: PlainClient,
    sync: Callable[[], None],
    request: pytest.FixtureRequest,
    policies: str | None,
) -> None:
    if policies:
        request.getfixturevalue(policies)
    changed_around(churn, plain)

    moved = transition(client, churn, "Archived")
    pointed = post(client, ALIAS, name=churn, version="3", alias="champion")

    assert (moved.status_code, pointed.status_code) == (200, 200)
    assert stage(plain, churn) == "Archived"
    assert plain.get_registered_model(churn).aliases == {"champion": "3"}
    sync()
    assert not Incident.objects.exists()
    mirrored = ModelVersion.objects.filter(model__name=churn).order_by("number")
    assert list(mirrored.values_list("stage", "aliases__name")) == [
        ("Archived", None),
        ("None", None),
        ("None", "champion"),
    ]


def test_a_move_to_where_the_mirror_has_it_says_that_it_is_behind(
    churn: str, client: Client, plain: PlainClient, sync: Callable[[], None]
) -> None:
    changed_around(churn, plain)

    moved = transition(client, churn, "None")
    pointed = post(client, ALIAS, name=churn, version="1", alias="champion")

    assert f"{churn} v1 is not in None." in moved.json()["message"]
    assert "@champion no longer points to" in pointed.json()["message"]
    for answer in (moved, pointed):
        assert answer.status_code == 400
        assert "shows it with its next sync. Try again." in answer.json()["message"]
    sync()
    assert transition(client, churn, "None").status_code == 200
    assert post(client, ALIAS, name=churn, version="1", alias="champion").json() == {}
    assert stage(plain, churn) == "None"
    assert plain.get_registered_model(churn).aliases == {"champion": "1"}


def test_that_a_model_was_made_again_is_seen_in_the_answer(
    churn: str, client: Client, plain: PlainClient, sync: Callable[[], None]
) -> None:
    plain.delete_registered_model(churn)
    registered(plain, churn)

    moved = transition(client, churn, "Staging")

    assert moved.status_code == 400
    assert "no longer" in moved.json()["message"]
    assert TransitionRequest.objects.get().status == Status.FAILED
    sync()
    assert (
        RegisteredModel.objects.live().get(name=churn).versions.get(number=1).stage
        == "Staging"
    )


@pytest.mark.usefixtures("guarded")
def test_a_model_that_was_made_again_is_not_touched(
    churn: str, client: Client, plain: PlainClient
) -> None:
    plain.delete_registered_model(churn)
    registered(plain, churn)

    moved = transition(client, churn, "Staging")
    pointed = post(client, ALIAS, name=churn, version="2", alias="champion")

    for answer in (moved, pointed):
        assert answer.status_code == 400
        assert "no longer" in answer.json()["message"]
    assert stage(plain, churn) == "None"
    assert plain.get_registered_model(churn).aliases == {"champion": "1"}
