"""A change through the gate while MLflow, or the way to it, gives out."""

from collections.abc import Callable

import pytest
from django.test import Client
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, RegisteredModel, TransitionRequest
from tests.registry_ui.actions.flaky_mlflow import Fault, FlakyMLflow

AWAY = Fault(503)
CUT = Fault(200, body=b'{"model_version": {', is_cut=True)
MOVE = 0
"""The number of the call that acts: into what asks for nothing, the only one."""


@pytest.fixture
def churn(sync: Callable[[], None], gate: PlainClient, name: str) -> str:
    sync()
    gate.create_registered_model(name)
    gate.create_model_version(name, "s3://bucket/model")
    return name


@pytest.mark.parametrize("fault", [AWAY, CUT], ids=["away", "cut"])
def test_a_move_that_is_interrupted_is_carried_out_by_a_worker(
    churn: str, door: FlakyMLflow, client: Client, plain: PlainClient, fault: Fault
) -> None:
    door.faults = {MOVE: fault}
    body = {"name": churn, "version": "1", "stage": "Staging"}

    answer = client.post(
        "/api/2.0/mlflow/model-versions/transition-stage",
        body,
        content_type="application/json",
    )

    ask = TransitionRequest.objects.get()
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert f"Request #{ask.number}" in answer.json()["message"]
    assert plain.get_model_version(churn, "1").current_stage == "None"

    TransitionRequest.objects.update(due_at=ask.created_at)
    apply_due_requests(MLflowClient(door.uri))

    assert plain.get_model_version(churn, "1").current_stage == "Staging"
    event = AuditEvent.objects.get(type="model_version.transitioned")
    assert event.actor_name == "ada"


@pytest.mark.parametrize("fault", [AWAY, CUT], ids=["away", "cut"])
def test_an_interrupted_change_leaves_nothing_half_recorded(
    churn: str, door: FlakyMLflow, client: Client, fault: Fault
) -> None:
    door.faults = {0: fault}
    body = {"name": churn, "key": "team", "value": "risk"}
    path = "/api/2.0/mlflow/registered-models/set-tag"

    lost = client.post(path, body, content_type="application/json")
    model = RegisteredModel.objects.get(name=churn)

    assert lost.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert model.writing_until is None
    assert not model.tags.exists()
    assert client.post(path, body, content_type="application/json").json() == {}
    assert model.tags.get().value == "risk"


def test_a_change_that_nobody_answered_shows_with_the_next_sync(
    churn: str,
    door: FlakyMLflow,
    client: Client,
    sync: Callable[[], None],
    plain: PlainClient,
) -> None:
    door.faults = {0: CUT}
    client.post(
        "/api/2.0/mlflow/registered-models/set-tag",
        {"name": churn, "key": "team", "value": "risk"},
        content_type="application/json",
    )
    plain.set_registered_model_tag(churn, "team", "risk")  # MLflow had done it

    sync()

    event = AuditEvent.objects.get(type="registered_model_tag.set")
    assert event.actor_name == ""
    assert RegisteredModel.objects.get(name=churn).tags.get().value == "risk"
