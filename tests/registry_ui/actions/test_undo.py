"""A plan of three effects that fails midway, and what takes it back."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.audit import verify_audit_log
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import create_request, retry_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.actions.undo import undo_request, way_back
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Incident,
    Level,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.applying import (
    AWAY,
    EMPTY,
    FILL,
    MOVE,
    READ,
    READ_BACK,
    REFUSAL,
    RETRIED,
    SET_ALIAS,
    again,
    apply_through,
    events,
    held_now,
    hold,
    mirrored,
)
from tests.registry_ui.actions.flaky_mlflow import FlakyMLflow, flaky_mlflow

pytestmark = pytest.mark.django_db

SOURCE = "s3://bucket/model"
Status = TransitionRequest.Status
COUPLED = PolicyDefinition(
    name="coupled", targets=("stage:Production",), moves_along=("alias:champion",)
)
_names = itertools.count(1)


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


@pytest.fixture
def approved(
    plain: PlainClient, mlflow_client: MLflowClient, reviewer: User
) -> TransitionRequest:
    """v2 for Production, where v1 is archived, and @champion goes from v1 to v2."""
    name = f"undo {next(_names)}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "1", "Production")
    plain.set_registered_model_alias(name, "champion", "1")
    sync_mirror(mlflow_client)
    apply_policies([COUPLED], actor=None)
    ask = create_request(
        ModelVersion.objects.select_related("model").get(model__name=name, number=2),
        "stage:Production",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
        archive_existing_versions=True,
    )
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=reviewer, seen=seen)
    return again(ask)


@pytest.fixture
def door(mlflow_server: MLflowServer) -> Iterator[FlakyMLflow]:
    with flaky_mlflow(mlflow_server.uri) as server:
        yield server


@pytest.fixture
def failed(approved: TransitionRequest, door: FlakyMLflow) -> TransitionRequest:
    """The stages are moved; MLflow refused to move the alias."""
    apply_through(door, {SET_ALIAS: REFUSAL})
    ask = again(approved)
    assert ask.status == Status.FAILED
    return ask


BEFORE = {"v1": "Production", "v2": "None", "@champion": "v1"}
HALF_DONE = {"v1": "Archived", "v2": "Production", "@champion": "v1"}
AFTER = {"v1": "Archived", "v2": "Production", "@champion": "v2"}
MOVED = ["model_version.transitioned"] * 2
HALF_FAILED = [*MOVED, "transition_request.failed"]


def test_what_came_true_of_a_failed_plan_is_told_and_mirrored(
    failed: TransitionRequest, plain: PlainClient
) -> None:
    assert "MLflow refused" in failed.failure
    assert hold(plain, failed) == mirrored(failed) == HALF_DONE
    assert held_now(failed) == {"v2 stage:Production", "v1 alias:champion"}
    assert events(failed) == HALF_FAILED
    back, lost = way_back(failed)
    assert [str(effect) for effect in back] == [
        "v1 goes from Archived to Production",
        "v2 goes from Production to None",
    ]
    assert lost == ()


def test_an_undo_takes_back_what_came_true(
    failed: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
) -> None:
    maya = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)

    undo_request(failed, actor=maya)
    apply_due_requests(mlflow_client)

    undone = again(failed)
    assert (undone.status, undone.undone_by) == (Status.UNDONE, maya)
    assert hold(plain, failed) == mirrored(failed) == BEFORE
    assert held_now(failed) == {"v1 stage:Production", "v1 alias:champion"}
    assert events(failed) == [
        *HALF_FAILED,
        "transition_request.undo_started",
        *MOVED,
        "transition_request.undone",
    ]
    taken_back = AuditEvent.objects.filter(
        request_number=failed.number, type="model_version.transitioned"
    ).order_by("-position")[:2]
    assert {event.actor_name for event in taken_back} == {maya.username}
    report = sync_mirror(mlflow_client)
    assert report is not None
    assert report.changes == 0
    assert not Incident.objects.exists()
    assert verify_audit_log().fault == ""


def test_a_place_is_filled_before_another_is_emptied(
    failed: TransitionRequest, door: FlakyMLflow, plain: PlainClient, reviewer: User
) -> None:
    undo_request(failed, actor=reviewer)

    apply_through(door, {EMPTY: AWAY})

    in_between = {"v1": "Production", "v2": "Production", "@champion": "v1"}
    assert hold(plain, failed) == in_between


@pytest.mark.parametrize("call", [READ, FILL, EMPTY, READ_BACK])
def test_an_undo_that_is_cut_short_anywhere_is_ended_once(
    failed: TransitionRequest,
    door: FlakyMLflow,
    plain: PlainClient,
    reviewer: User,
    call: int,
) -> None:
    undo_request(failed, actor=reviewer)
    apply_through(door, {call: AWAY})
    assert again(failed).is_being_undone
    TransitionRequest.objects.update(due_at=timezone.now())

    apply_through(door, {})
    apply_through(door, {})

    assert again(failed).status == Status.UNDONE
    assert hold(plain, failed) == mirrored(failed) == BEFORE
    assert events(failed)[len(HALF_FAILED) :] == [
        "transition_request.undo_started",
        *MOVED,
        "transition_request.undone",
    ]


def test_where_mlflow_has_moved_on_nothing_is_undone(
    failed: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    plain.transition_model_version_stage(failed.version.model.name, "2", "Staging")

    undo_request(failed, actor=reviewer)
    apply_due_requests(mlflow_client)

    after = again(failed)
    assert (after.status, after.undone_by) == (Status.FAILED, None)
    assert after.failure == (
        "It could not be undone: v2 is in Staging; it was in Production when this"
        " failed."
    )
    assert hold(plain, failed) == HALF_DONE | {"v2": "Staging"}
    plain.transition_model_version_stage(failed.version.model.name, "2", "Production")
    undo_request(after, actor=reviewer)
    apply_due_requests(mlflow_client)
    assert again(failed).status == Status.UNDONE
    assert hold(plain, failed) == mirrored(failed) == BEFORE


def test_what_somebody_took_back_in_mlflow_needs_no_undo(
    failed: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    name = failed.version.model.name
    plain.transition_model_version_stage(name, "1", "Production")
    plain.transition_model_version_stage(name, "2", "None")

    undo_request(failed, actor=reviewer)
    apply_due_requests(mlflow_client)

    assert again(failed).status == Status.UNDONE
    assert hold(plain, failed) == mirrored(failed) == BEFORE


def test_an_incumbent_that_was_deleted_is_not_brought_back_and_that_is_said(
    failed: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    name = failed.version.model.name
    plain.delete_registered_model_alias(name, "champion")
    plain.delete_model_version(name, "1")
    sync_mirror(mlflow_client)

    undo_request(again(failed), actor=reviewer)
    apply_due_requests(mlflow_client)

    assert again(failed).status == Status.UNDONE
    assert plain.get_model_version(name, "2").current_stage == "None"
    event = AuditEvent.objects.get(type="transition_request.undone")
    assert event.details["lost"] == ["v1 was deleted, and MLflow brings nothing back."]
    assert event.details["effects"] == ["v2 goes from Production to None"]


def test_of_a_model_that_was_deleted_nothing_is_taken_back(
    failed: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    plain.delete_registered_model(failed.version.model.name)
    undo_request(failed, actor=reviewer)
    apply_due_requests(mlflow_client)
    assert "no longer" in again(failed).failure
    sync_mirror(mlflow_client)

    undo_request(again(failed), actor=reviewer)

    assert again(failed).status == Status.UNDONE
    event = AuditEvent.objects.get(type="transition_request.undone")
    assert event.details["effects"] == []
    assert len(event.details["lost"]) == 2


def test_what_nothing_came_true_of_is_closed_at_once(
    approved: TransitionRequest, door: FlakyMLflow, plain: PlainClient, reviewer: User
) -> None:
    apply_through(door, {MOVE: REFUSAL})

    undo_request(approved, actor=reviewer)

    after = again(approved)
    assert (after.status, after.due_at) == (Status.UNDONE, None)
    assert hold(plain, approved) == mirrored(approved) == BEFORE
    assert events(approved) == [
        "transition_request.failed",
        "transition_request.undone",
    ]


def test_what_somebody_else_did_is_not_taken_back(
    approved: TransitionRequest,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    reviewer: User,
) -> None:
    """v2 was moved by hand before the worker came, and @champion pointed elsewhere."""
    name = approved.version.model.name
    plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "2", "Production")
    plain.set_registered_model_alias(name, "champion", "3")
    apply_due_requests(mlflow_client)
    assert again(approved).status == Status.FAILED

    undo_request(approved, actor=reviewer)

    assert again(approved).status == Status.UNDONE
    assert plain.get_model_version(name, "2").current_stage == "Production"


def test_a_plan_that_is_tried_again_records_each_step_once(
    failed: TransitionRequest, door: FlakyMLflow, plain: PlainClient, reviewer: User
) -> None:
    retry_request(failed, actor=reviewer)
    apply_through(door, {RETRIED: REFUSAL})
    retry_request(failed, actor=reviewer)

    apply_through(door, {})

    assert again(failed).status == Status.APPLIED
    assert hold(plain, failed) == mirrored(failed) == AFTER
    assert events(failed) == [
        *HALF_FAILED,
        "transition_request.retried",
        "transition_request.failed",
        "transition_request.retried",
        "model_version_alias.moved",
        "transition_request.applied",
    ]


def test_what_failed_twice_is_undone_whole(
    failed: TransitionRequest, door: FlakyMLflow, plain: PlainClient, reviewer: User
) -> None:
    retry_request(failed, actor=reviewer)
    apply_through(door, {RETRIED: REFUSAL})
    undo_request(failed, actor=reviewer)

    apply_through(door, {})

    assert again(failed).status == Status.UNDONE
    assert hold(plain, failed) == mirrored(failed) == BEFORE


def test_a_refusal_that_cannot_be_read_back_is_looked_at_again(
    approved: TransitionRequest, door: FlakyMLflow
) -> None:
    apply_through(door, {SET_ALIAS: REFUSAL, READ_BACK: AWAY})
    assert again(approved).status == Status.APPLYING
    TransitionRequest.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    apply_through(door, {RETRIED: REFUSAL})

    after = again(approved)
    assert after.status == Status.FAILED
    assert [entry["came_true"] for entry in after.outcome or []] == [True, True, False]
    assert len(after.carried_out) == 2


def test_only_who_may_decide_undoes(failed: TransitionRequest) -> None:
    with pytest.raises(PermissionDenied):
        undo_request(failed, actor=make_user(level=Level.CAN_EDIT))


def test_only_what_has_failed_is_undone_and_only_once(
    failed: TransitionRequest, reviewer: User
) -> None:
    undo_request(failed, actor=reviewer)

    with pytest.raises(ActionError, match="Only a failed request can be undone"):
        undo_request(failed, actor=reviewer)
    with pytest.raises(ActionError, match="Only a failed request can be retried"):
        retry_request(failed, actor=reviewer)


def test_a_revert_is_not_undone(failed: TransitionRequest, reviewer: User) -> None:
    TransitionRequest.objects.update(kind=TransitionRequest.Kind.REVERT)

    with pytest.raises(ActionError, match="A revert cannot be undone"):
        undo_request(failed, actor=reviewer)
