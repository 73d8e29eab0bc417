"""Short moves lose nothing, whatever happens in between."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.policies import apply_policies
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Incident,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request
from tests.registry_ui.actions.flaky_mlflow import Fault, FlakyMLflow
from tests.registry_ui.api.conftest import caller
from tests.registry_ui.api.gateway.short_moves.calling import (
    ALONE,
    AWAY,
    CUT,
    EMPTY,
    LOOK,
    MOVE,
    SHORT,
    TRANSITION,
    Status,
    post,
    stage,
    transition,
)
from tests.threads import at_once


@pytest.mark.parametrize("fault", [AWAY, CUT, EMPTY], ids=["away", "cut", "empty"])
@pytest.mark.parametrize("has_moved", [False, True])
@pytest.mark.parametrize(
    ("looks", "call"),
    [(True, LOOK), (True, MOVE), (False, ALONE)],
    ids=["the look", "the move", "the move alone"],
)
def test_what_is_interrupted_a_worker_carries_out_as_what_the_caller_did(
    churn: str,
    client: Client,
    door: FlakyMLflow,
    plain: PlainClient,
    sync: Callable[[], None],
    request: pytest.FixtureRequest,
    looks: bool,
    call: int,
    has_moved: bool,
    fault: Fault,
) -> None:
    if looks:
        request.getfixturevalue("guarded")
    is_read = looks and call == LOOK
    is_repeated = is_read and fault is CUT  # a read whose connection broke
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
    again = 3
    """The same write once more, after what MLflow holds was read."""
    door.faults = {ALONE: Fault(400, body=words), again: Fault(400, body=words)}

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


def test_nothing_is_moved_while_the_model_is_being_deleted(
    churn: str, client: Client, plain: PlainClient, door: FlakyMLflow
) -> None:
    until = timezone.now() + timedelta(seconds=30)
    RegisteredModel.objects.filter(name=churn).update(closed_until=until)

    answer = transition(client, churn, "Staging")

    assert answer.status_code == 400
    assert "is decided, but not carried out yet" in answer.json()["message"]
    assert stage(plain, churn) == "None"


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
