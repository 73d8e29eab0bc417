"""Files of versions under review: read from a real MLflow, and changed behind it."""

from pathlib import Path
from typing import Any

import mlflow
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions import request_files
from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.backtest import backtest
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies, policies_in_force
from registry_ui.actions.request_files import read_due_request_files
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.gates import Gate, Verdict
from registry_ui.mlflow_client import MLflowClient, MLflowUnavailable
from registry_ui.models import (
    Level,
    ModelVersion,
    RequestFiles,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.registering import new_name

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status
RULES: dict[str, Any] = {"name": "p", "targets": ["stage:*"], "files_unchanged": True}
CHANGED = "Since it was asked weights.bin was changed."


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE)


@pytest.fixture
def folder(mlflow_server: MLflowServer, theirs: PlainClient) -> Path:
    """Log the files of a model; return where MLflow keeps them."""
    with mlflow.start_run() as run:
        mlflow.log_text("flavors: {}", "model/MLmodel")
        mlflow.log_text("aaaa", "model/weights.bin")
        mlflow.log_text("", "model/data/empty")
    (found,) = (mlflow_server.folder / "artifacts").glob(
        f"*/{run.info.run_id}/artifacts/model"
    )
    return found


@pytest.fixture
def ask(
    folder: Path, theirs: PlainClient, mlflow_client: MLflowClient
) -> TransitionRequest:
    """A request for Production of a version with these files, whose policy asks."""
    apply_policies([PolicyDefinition.model_validate(RULES)], actor=None)
    run = mlflow.get_run(folder.parent.parent.name)
    name = new_name()
    theirs.create_registered_model(name)
    source = f"{run.info.artifact_uri}/model"
    theirs.create_model_version(name, source, run.info.run_id)
    sync_mirror(mlflow_client)
    version = ModelVersion.objects.select_related("model").get(model__name=name)
    return create_request(
        version,
        "stage:Production",
        actor=make_user(level=Level.CAN_READ),
        comment="Better.",
    )


def read_again(client: MLflowClient) -> int:
    RequestFiles.objects.update(due_at=timezone.now())
    return read_due_request_files(client)


def gate_of(request: TransitionRequest) -> Gate:
    return next(g for g in gather_decision(request).gates if g.name == "Files")


def approve(request: TransitionRequest, reviewer: User) -> None:
    seen = gather_decision(request).fingerprint
    review_request(request, Review.Decision.APPROVE, actor=reviewer, seen=seen)
    request.refresh_from_db()


def test_files_that_were_not_read_yet_let_nothing_pass(
    ask: TransitionRequest, mlflow_client: MLflowClient, reviewer: User
) -> None:
    assert gate_of(ask).verdict is Verdict.INSUFFICIENT
    approve(ask, reviewer)
    assert ask.status == Status.OPEN

    assert read_due_request_files(mlflow_client) == 1
    assert read_due_request_files(mlflow_client) == 0  # not due again yet

    assert gate_of(ask).verdict is Verdict.PASSED
    assert gate_of(ask).explanation.startswith("3 files are as they were")
    assert gather_decision(ask).stale_reviews == {}
    judge_open_requests()
    ask.refresh_from_db()
    assert ask.status == Status.APPROVED


@pytest.mark.parametrize("text", ["bbbb", "longer than before"])
def test_a_file_that_changed_behind_mlflow_shuts_the_gate_and_makes_approvals_stale(
    text: str,
    ask: TransitionRequest,
    folder: Path,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    apply_policies(
        [PolicyDefinition.model_validate({**RULES, "approvals": [{"count": 2}]})],
        actor=None,
    )
    read_due_request_files(mlflow_client)
    approve(ask, reviewer)

    (folder / "weights.bin").write_text(text)
    read_again(mlflow_client)

    decision = gather_decision(ask)
    assert gate_of(ask).verdict is Verdict.FAILED
    assert gate_of(ask).explanation == CHANGED
    assert list(decision.stale_reviews.values()) == [["the files"]]
    (folder / "weights.bin").write_text("aaaa")
    read_again(mlflow_client)
    assert gather_decision(ask).stale_reviews == {}


def test_nothing_is_applied_whose_files_changed_after_the_approval(
    ask: TransitionRequest,
    folder: Path,
    mlflow_client: MLflowClient,
    theirs: PlainClient,
    reviewer: User,
) -> None:
    read_due_request_files(mlflow_client)
    approve(ask, reviewer)
    assert ask.status == Status.APPROVED
    (folder / "weights.bin").write_text("bbbb")

    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    assert ask.status == Status.FAILED
    assert ask.failure.startswith("Since the approval a gate has shut.")
    assert f"Files: {CHANGED}" in ask.failure
    name = ask.version.model.name
    assert theirs.get_model_version(name, "1").current_stage == "None"


def test_what_did_not_change_is_applied(
    ask: TransitionRequest,
    mlflow_client: MLflowClient,
    theirs: PlainClient,
    reviewer: User,
) -> None:
    read_due_request_files(mlflow_client)
    approve(ask, reviewer)

    apply_due_requests(mlflow_client)

    ask.refresh_from_db()
    assert ask.status == Status.APPLIED
    (one,) = backtest(policies_in_force()).found
    assert not one.is_blocked


def test_files_that_came_and_went_are_named(
    ask: TransitionRequest, folder: Path, mlflow_client: MLflowClient
) -> None:
    read_due_request_files(mlflow_client)

    (folder / "weights.bin").unlink()
    (folder / "more.bin").write_text("new")
    read_again(mlflow_client)

    assert gate_of(ask).explanation == (
        "Since it was asked more.bin was added, weights.bin was removed."
    )


def test_files_that_cannot_be_compared_let_nothing_pass_and_say_why(
    ask: TransitionRequest,
    folder: Path,
    mlflow_client: MLflowClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_due_request_files(mlflow_client)
    monkeypatch.setattr(request_files, "MOST_BYTES", 10)
    read_again(mlflow_client)

    gate = gate_of(ask)
    assert gate.verdict is Verdict.INSUFFICIENT
    assert "They have 15 bytes; contents are compared up to 10." in gate.explanation

    monkeypatch.undo()
    monkeypatch.setattr(request_files, "MOST_SECONDS", -1.0)
    read_again(mlflow_client)
    assert "takes more than" in gate_of(ask).explanation


def test_a_source_that_mlflow_does_not_list_says_so(
    ask: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    ModelVersion.objects.update(source="s3://bucket/model", run_id="")

    read_due_request_files(mlflow_client)

    assert "They cannot be compared" in gate_of(ask).explanation
    assert "neither" in gate_of(ask).explanation


def test_a_version_without_files_is_not_taken_for_one_whose_files_are_there(
    ask: TransitionRequest, folder: Path, mlflow_client: MLflowClient
) -> None:
    for path in ("MLmodel", "weights.bin", "data/empty"):
        (folder / path).unlink()

    read_due_request_files(mlflow_client)

    assert "MLflow lists no file of it" in gate_of(ask).explanation


def test_registries_whose_policies_do_not_ask_are_left_alone(
    ask: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    apply_policies([], actor=None)

    assert read_due_request_files(mlflow_client) == 0
    assert not RequestFiles.objects.exists()
    assert all(gate.name != "Files" for gate in gather_decision(ask).gates)


def test_an_mlflow_that_is_away_is_asked_again_later(ask: TransitionRequest) -> None:
    with pytest.raises(MLflowUnavailable):
        read_due_request_files(MLflowClient("http://127.0.0.1:9"))

    row = RequestFiles.objects.get(request=ask)
    assert row.first is None
    assert row.due_at > timezone.now()


def test_one_reads_at_a_time(
    ask: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    now = timezone.now()
    RequestFiles.objects.create(
        request=ask, due_at=now, reading_until=now + request_files.READING
    )

    assert read_due_request_files(mlflow_client) == 0


def test_a_slow_reading_does_not_undo_one_that_began_later(
    ask: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    read_due_request_files(mlflow_client)
    later = timezone.now() + request_files.READING
    RequestFiles.objects.update(read_at=later, last={"MLmodel": "other"})

    read_again(mlflow_client)

    assert RequestFiles.objects.get().last == {"MLmodel": "other"}
