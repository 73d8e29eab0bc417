"""Moves that are one call of MLflow's: what they cost, and that they lose nothing."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import DjangoAssertNumQueries, Settings

from registry_ui.actions.alias_moves import move_alias
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import transition_directly
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Holding,
    Incident,
    Level,
    ModelVersion,
    Notification,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.flaky_mlflow import Fault, FlakyMLflow, flaky_mlflow
from tests.registry_ui.api.conftest import caller
from tests.threads import at_once

SOURCE = "s3://bucket/model"
TRANSITION = "/api/2.0/mlflow/model-versions/transition-stage"
ALIAS = "/api/2.0/mlflow/registered-models/alias"
LOOK, MOVE = 0, 1
"""The calls of a short move, by their number."""
AWAY = Fault(503)
EMPTY = Fault(200, body=b"{}")
CUT = Fault(200, body=b'{"model_version": {', is_cut=True)
SHORT = 2
"""How many calls of MLflow's one takes."""
MOST_QUERIES = {TRANSITION: 38, ALIAS: 41}
"""Of the whole call, on PostgreSQL; a round trip each, and most of what it costs."""
Status = TransitionRequest.Status


@pytest.fixture
def door(
    settings: Settings, churn: str, mlflow_server: MLflowServer
) -> Iterator[FlakyMLflow]:
    """What the gate takes for MLflow."""
    with flaky_mlflow(mlflow_server.uri) as server:
        settings.MLFLOW_REGISTRY_URI = server.uri
        yield server


def registered(plain: PlainClient, name: str) -> None:
    """Register a model of two versions; @champion points to the first."""
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)
    plain.set_registered_model_alias(name, "champion", "1")


@pytest.fixture
def churn(sync: Callable[[], None], plain: PlainClient, name: str) -> str:
    registered(plain, name)
    sync()
    return name


@pytest.fixture
def client(admin: User) -> Client:
    return caller(admin)


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def transition(client: Client, name: str, stage: str, version: str = "1") -> Any:
    return post(client, TRANSITION, name=name, version=version, stage=stage)


def stage(plain: PlainClient, name: str, version: str = "1") -> str:
    return str(plain.get_model_version(name, version).current_stage)


def on_record(name: str) -> dict[str, Any]:
    """Return all that is stored of the moves of a model, but what is by chance."""
    events = AuditEvent.objects.filter(model_name=name, request_number__isnull=False)
    requests = TransitionRequest.objects.filter(version__model__name=name)
    return {
        "events": [
            (
                event.type,
                event.actor_name,
                event.version_number,
                {k: v for k, v in event.details.items() if k != "fingerprint"},
            )
            for event in events.order_by("position")
        ],
        "requests": [
            (
                ask.kind,
                ask.target,
                ask.from_stage,
                ask.comment,
                ask.requested_by,
                ask.status,
                ask.closed_by,
                ask.policy_name,
                ask.plan,
                ask.outcome,
                ask.failure,
                ask.due_at,
                ask.attempt_count,
                ask.closed_at is not None,
                ask.applied_at is not None,
                [(r.reviewer, r.decision, r.was_seen) for r in ask.reviews.all()],
            )
            for ask in requests.order_by("number")
        ],
        "holdings": [
            (
                held.version.number,
                held.target,
                held.ended_at is None,
                held.started_request is None,
                held.ended_request is None,
            )
            for held in Holding.objects.filter(model__name=name).order_by("pk")
        ],
        "told": [
            (one.user, one.reason, one.event and one.event.type, one.lapses)
            for one in Notification.objects.filter(model__name=name)
            .order_by("event", "user")
            .exclude(reason=Notification.Reason.NEEDS_YOU)
        ],
        "mirror": list(
            ModelVersion.objects.filter(model__name=name)
            .order_by("number")
            .values_list("number", "stage", "aliases__name")
        ),
    }


def test_what_is_on_record_is_the_same_as_of_a_move_that_goes_the_long_way(
    churn: str,
    client: Client,
    admin: User,
    plain: PlainClient,
    sync: Callable[[], None],
) -> None:
    other = f"{churn}-long"
    registered(plain, other)
    sync()
    watcher = make_user(level=Level.CAN_READ)
    comment = "Asked for by a program, through MLflow's API."
    for name in (churn, other):
        version = ModelVersion.objects.get(model__name=name, number=1)
        watcher.subscriptions.create(model=version.model)

    for target in ("Staging", "Production", "None", "Archived", "Staging"):
        assert transition(client, churn, target).status_code == 200
        version = ModelVersion.objects.select_related("model").get(
            model__name=other, number=1
        )
        transition_directly(version, f"stage:{target}", actor=admin, comment=comment)
        apply_due_requests(MLflowClient(str(plain._registry_uri)))
    for number in (2, 1):
        answer = post(client, ALIAS, name=churn, version=str(number), alias="champion")
        assert answer.json() == {}
        move_alias(version.model, "champion", number, actor=admin, comment=comment)
        apply_due_requests(MLflowClient(str(plain._registry_uri)))

    short = on_record(churn)
    assert short == on_record(other)
    assert len(short["requests"]) == 7
    assert short["told"]


@pytest.mark.parametrize("path", [TRANSITION, ALIAS])
def test_a_plain_move_is_a_look_a_write_and_few_queries(
    churn: str,
    client: Client,
    door: FlakyMLflow,
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    body = {"name": churn, "version": "2", "stage": "Staging", "alias": "champion"}
    del body["alias" if path == TRANSITION else "stage"]
    client.get(ALIAS, {"name": churn, "alias": "champion"})  # the token was used
    door.count = 0

    with django_assert_max_num_queries(MOST_QUERIES[path]):
        answer = post(client, path, **body)

    assert answer.status_code == 200
    assert door.count == SHORT
    assert TransitionRequest.objects.get().status == Status.APPLIED
    if path == TRANSITION:
        assert answer.json()["model_version"]["current_stage"] == "Staging"


def test_a_change_around_signoff_is_not_overwritten(
    churn: str,
    client: Client,
    plain: PlainClient,
    sync: Callable[[], None],
) -> None:
    plain.transition_model_version_stage(churn, "1", "Production")
    plain.set_registered_model_alias(churn, "champion", "2")
    plain.create_model_version(churn, SOURCE)
    sync_is_behind = ModelVersion.objects.get(model__name=churn, number=1)
    assert sync_is_behind.stage == "None"

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


@pytest.mark.parametrize("fault", [AWAY, CUT, EMPTY], ids=["away", "cut", "empty"])
@pytest.mark.parametrize("has_moved", [False, True])
@pytest.mark.parametrize("call", [LOOK, MOVE])
def test_what_is_interrupted_a_worker_carries_out_as_what_the_caller_did(
    churn: str,
    client: Client,
    door: FlakyMLflow,
    plain: PlainClient,
    sync: Callable[[], None],
    call: int,
    has_moved: bool,
    fault: Fault,
) -> None:
    is_repeated = call == LOOK and fault is CUT  # a read whose connection broke
    door.faults = dict.fromkeys([call, call + is_repeated], fault)

    answer = transition(client, churn, "Production")
    ask = TransitionRequest.objects.get()
    if has_moved:  # MLflow had done it, and nobody heard
        plain.transition_model_version_stage(churn, "1", "Production")
    sync()

    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert f"Request #{ask.number}" in answer.json()["message"]
    assert ask.status == Status.APPLYING
    assert not Incident.objects.exists()
    door.faults = {}
    TransitionRequest.objects.update(due_at=ask.created_at)
    apply_due_requests(MLflowClient(door.uri))
    sync()
    assert stage(plain, churn) == "Production"
    assert not Incident.objects.exists()
    event = AuditEvent.objects.get(type="model_version.transitioned")
    assert event.actor_name == "ada"


def test_what_mlflow_refuses_fails_with_its_words(
    churn: str, client: Client, door: FlakyMLflow
) -> None:
    words = json.dumps({"error_code": "BAD_REQUEST", "message": "Not today."}).encode()
    again = 4
    """The same write once more, after what MLflow holds was read."""
    door.faults = {MOVE: Fault(400, body=words), again: Fault(400, body=words)}

    answer = transition(client, churn, "Staging")

    ask = TransitionRequest.objects.get()
    assert answer.status_code == 400
    assert "MLflow refused: Not today." in answer.json()["message"]
    assert ask.status == Status.FAILED
    assert ask.carried_out == []


@pytest.mark.parametrize(
    "body",
    [
        {"version": "2", "stage": "Production", "archive_existing_versions": True},
        {"version": "2", "stage": "Staging"},
    ],
    ids=["archives", "moves an alias along"],
)
def test_what_is_more_than_one_call_goes_the_long_way(
    churn: str, client: Client, door: FlakyMLflow, body: dict[str, Any]
) -> None:
    along = PolicyDefinition(
        name="along",
        targets=("stage:Staging",),
        moves_along=("alias:champion",),
        excluded=(),
        direct=True,
    )
    apply_policies([along], actor=None)

    answer = post(client, TRANSITION, name=churn, **body)

    assert answer.status_code == 200
    assert door.count > SHORT
    assert TransitionRequest.objects.get().status == Status.APPLIED


def test_what_somebody_else_asked_for_too_is_superseded(
    churn: str, client: Client, door: FlakyMLflow
) -> None:
    version = ModelVersion.objects.get(model__name=churn, number=1)
    twin = make_transition_request(version=version, target="stage:Staging")

    assert transition(client, churn, "Staging").status_code == 200

    twin.refresh_from_db()
    assert twin.status == Status.SUPERSEDED
    assert door.count > SHORT


def test_of_two_at_once_each_is_done_or_refused(
    churn: str, admin: User, plain: PlainClient
) -> None:
    stages = ("Staging", "Production")
    moves = [partial(transition, caller(admin), churn, one) for one in stages]

    found = at_once(*moves)

    answers = [one.status_code for one in found]  # type: ignore[union-attr]
    settled = TransitionRequest.objects.order_by("number")
    assert 200 in answers
    assert set(answers) <= {200, 400}
    assert ModelVersion.objects.get(model__name=churn, number=1).stage == stage(
        plain, churn
    )
    assert [one.to_stage for one in settled if one.status == Status.APPLIED]
    assert not Incident.objects.exists()
