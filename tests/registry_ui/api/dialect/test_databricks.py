"""`databricks/*`: a model with its id; a version moves where the policy lets it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.policies import apply_policies
from registry_ui.actions.sync import sync_mirror
from registry_ui.api.dialect.parameters import NO_REASON
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Level, ModelVersion, TransitionRequest
from registry_ui.policies import CheckRule, PolicyDefinition
from tests.factories import grant, make_model, make_transition_request, make_version
from tests.mlflow_server import MLflowServer
from tests.registry_ui.api.dialect.conftest import (
    TRANSITION,
    By,
    caller,
    message,
    refusal,
)

GET = "mlflow/databricks/registered-models/get"
WHAT = {"name": "churn", "version": "2", "archive_existing_versions": False}


def test_a_model_comes_with_its_id_and_the_callers_level(
    by: By, reviewer: User, candidate: ModelVersion
) -> None:
    model = candidate.model
    model.description = "Who leaves."
    model.save()
    model.tags.create(key="team", value="growth")
    make_version(model=model, stage="Staging", tags={"k": "v"}, description="Third.")
    make_version(model=model, stage="Staging", deleted_at=model.created_at)

    found = by(reviewer).query("GET", GET, name="churn")["registered_model_databricks"]

    latest = found.pop("latest_versions")
    assert found == {
        "id": str(model.pk),
        "name": "churn",
        "creation_timestamp": round(model.created_at.timestamp() * 1000),
        "last_updated_timestamp": round(model.updated_at.timestamp() * 1000),
        "description": "Who leaves.",
        "tags": [{"key": "team", "value": "growth"}],
        "permission_level": "CAN_MANAGE_PRODUCTION_VERSIONS",
    }
    # The newest of each stage; numbers are text.
    assert [(one["version"], one["current_stage"]) for one in latest] == [
        ("3", "Staging"),
        ("1", "Production"),
    ]
    assert latest[0]["tags"] == [{"key": "k", "value": "v"}]
    assert latest[0]["description"] == "Third."
    assert (latest[0]["name"], latest[0]["status"]) == ("churn", "READY")


@pytest.mark.parametrize("level", Level)
def test_each_level_is_called_as_databricks_does(
    level: Level, stranger: User, candidate: ModelVersion
) -> None:
    grant(stranger, level, candidate.model)

    found = caller(stranger).query("GET", GET, name="churn")

    assert found["registered_model_databricks"]["permission_level"] == level.name


def test_a_model_that_one_may_not_read_is_not_there(
    stranger: User, manager: User, candidate: ModelVersion
) -> None:
    make_model(name="gone", deleted_at=candidate.created_at)

    answers = [
        caller(stranger).send("GET", GET, name="churn"),
        caller(stranger).send("GET", GET, name="nonsense"),
        caller(manager).send("GET", GET, name="gone"),
    ]

    assert {refusal(one) for one in answers} == {(404, "RESOURCE_DOES_NOT_EXIST")}
    first, second, _ = map(message, answers)
    assert first == second.replace("nonsense", "churn")


@pytest.mark.usefixtures("committed_db")
def test_a_version_is_moved_and_the_answer_shows_it(
    settings: Any, mlflow_server: MLflowServer, manager: User
) -> None:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    plain.create_registered_model("churn")
    for number in "12":
        plain.create_model_version("churn", "s3://bucket/model")
        if number == "1":
            plain.transition_model_version_stage("churn", "1", "Staging")
    sync_mirror(MLflowClient(mlflow_server.uri))
    given = {**WHAT, "stage": "staging", "archive_existing_versions": True}

    answer = caller(manager).call("POST", TRANSITION, **given, comment="Go.")

    moved = answer["model_version_databricks"]
    assert (moved["version"], moved["current_stage"]) == ("2", "Staging")
    assert moved["permission_level"] == "CAN_MANAGE"
    assert moved["open_requests"] == []
    stages = {v: plain.get_model_version("churn", v).current_stage for v in "12"}
    assert stages == {"1": "Archived", "2": "Staging"}
    request = TransitionRequest.objects.get()
    assert (request.comment, request.requested_by) == ("Go.", manager)
    assert (request.status, request.closed_by) == ("applied", manager)


def test_what_is_so_already_is_answered_as_it_is(
    reviewer: User, candidate: ModelVersion
) -> None:
    request = make_transition_request(version=candidate)

    answer = caller(reviewer).call("POST", TRANSITION, **WHAT, stage="Staging")

    version = answer["model_version_databricks"]
    assert version["current_stage"] == "Staging"
    assert [one["id"] for one in version["open_requests"]] == [str(request.number)]
    assert TransitionRequest.objects.count() == 1


def test_what_is_there_already_archives_nothing_else(
    reviewer: User, candidate: ModelVersion
) -> None:
    make_version(model=candidate.model, stage="Staging")
    given = {**WHAT, "stage": "Staging", "archive_existing_versions": True}

    answer = caller(reviewer).send("POST", TRANSITION, **given)

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert "is in Staging already" in message(answer)


def test_where_the_policy_wants_a_review_one_is_told_how_to_ask(
    by: By, manager: User, candidate: ModelVersion
) -> None:
    answer = by(manager).send("POST", TRANSITION, **WHAT, stage="Production")

    assert refusal(answer) == (403, "PERMISSION_DENIED")
    said = message(answer)
    assert "The policy four-eyes (default) v1 asks for a request here. Ask on " in said
    assert "/models/churn/versions/2/request/?stage=Production or by: " in said
    assert "create_transition_request('churn', '2', 'Production', comment='…')" in said
    assert not TransitionRequest.objects.exists()


def test_a_header_asks_along_with_the_call(
    manager: User, candidate: ModelVersion
) -> None:
    client = caller(manager).client
    asking = {"X-Signoff-Request": "create"}

    answer = client.post(
        f"/api/2.0/{TRANSITION}",
        {**WHAT, "stage": "Production", "comment": "Better."},
        content_type="application/json",
        headers=asking,
    )

    request = TransitionRequest.objects.get()
    assert (request.is_open, request.comment) == (True, "Better.")
    assert refusal(answer) == (403, "PERMISSION_DENIED")
    assert f"Request #{request.number} is open for it: " in message(answer)


@pytest.mark.parametrize("stage", ["Staging", "None", "Archived", "Production"])
def test_without_the_level_nothing_is_moved(
    stage: str, settings: Any, requester: User, candidate: ModelVersion
) -> None:
    settings.DEFAULT_POLICY = "open"

    answer = caller(requester).send("POST", TRANSITION, **WHAT, stage=stage)

    assert refusal(answer) == (403, "PERMISSION_DENIED")
    assert "Ask on " in message(answer)


def test_the_level_for_staging_reaches_not_to_production(
    settings: Any, staging_manager: User, candidate: ModelVersion
) -> None:
    settings.DEFAULT_POLICY = "open"
    calls = caller(staging_manager)

    into = calls.send("POST", TRANSITION, **WHAT, stage="Production")
    out = calls.send("POST", TRANSITION, **{**WHAT, "version": "1"}, stage="Archived")

    assert refusal(into) == refusal(out) == (403, "PERMISSION_DENIED")


def test_what_mlflow_does_not_show_yet_is_no_success(
    settings: Any, reviewer: User, candidate: ModelVersion
) -> None:
    settings.DEFAULT_POLICY = "open"

    answer = caller(reviewer).send("POST", TRANSITION, **WHAT, stage="Production")

    request = TransitionRequest.objects.get()
    assert request.comment == NO_REASON
    assert refusal(answer) == (400, "TEMPORARILY_UNAVAILABLE")
    said = f"Request #{request.number} is decided, but not carried out yet."
    assert message(answer).startswith(said)


def test_where_another_gate_is_shut_nothing_is_moved_or_asked_for(
    reviewer: User, candidate: ModelVersion
) -> None:
    checked = PolicyDefinition(
        name="checked",
        models=("churn",),
        targets=("stage:Production",),
        checks=(CheckRule(name="fairness"),),
        excluded=(),
        direct=True,
    )
    apply_policies([checked], actor=None)

    answer = caller(reviewer).send("POST", TRANSITION, **WHAT, stage="Production")

    assert refusal(answer) == (403, "PERMISSION_DENIED")
    assert "Gates of the policy checked" in message(answer)
    assert not TransitionRequest.objects.exists()


@pytest.mark.parametrize("stage", ["None", "Archived"])
def test_archiving_goes_with_two_stages_only(
    stage: str, reviewer: User, candidate: ModelVersion
) -> None:
    given = {**WHAT, "stage": stage, "archive_existing_versions": True}

    answer = caller(reviewer).send("POST", TRANSITION, **given)

    assert refusal(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert "Valid stages are Staging and Production" in message(answer)


def test_a_version_that_one_may_not_read_is_not_there(
    stranger: User, candidate: ModelVersion
) -> None:
    answers = [
        caller(stranger).send("POST", TRANSITION, **WHAT, stage="Archived"),
        caller(stranger).send(
            "POST", TRANSITION, **{**WHAT, "version": "9"}, stage="Archived"
        ),
    ]

    assert {refusal(one) for one in answers} == {(404, "RESOURCE_DOES_NOT_EXIST")}
