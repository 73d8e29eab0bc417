"""Two at once, with real transactions: who wins, and what the other one is told."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.audit import verify_audit_log
from registry_ui.actions.comments import delete_comment, edit_comment
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.metadata import StaleTextError, digest_of
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.errors import ActionError, AlreadyExistsError
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Comment,
    Level,
    MirrorState,
    ModelVersion,
    Review,
    TransitionRequest,
)
from tests.factories import (
    make_comment,
    make_transition_request,
    make_user,
    make_version,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.flaky_mlflow import flaky_mlflow
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")

Status = TransitionRequest.Status


def reviewer(name: str) -> User:
    return make_user(full_name=name, level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def approve(request: TransitionRequest, actor: User) -> Callable[[], Review]:
    seen = gather_decision(request).fingerprint
    return lambda: review_request(
        request, Review.Decision.APPROVE, actor=actor, seen=seen
    )


def count(event_type: EventType) -> int:
    return AuditEvent.objects.filter(type=event_type).count()


def test_of_two_reviewers_one_wins_and_the_other_is_told_by_whom() -> None:
    request = make_transition_request()
    rui, maya = reviewer("Rui Tanaka"), reviewer("Maya Okafor")

    results = at_once(approve(request, rui), approve(request, maya))

    (won,) = [result for result in results if isinstance(result, Review)]
    (told,) = [result for result in results if isinstance(result, ActionError)]
    assert f"already approved by {won.reviewer.get_full_name()} on" in str(told)
    assert request.reviews.count() == 1


def test_an_approval_and_a_withdrawal_never_both_win() -> None:
    request = make_transition_request()
    rui = reviewer("Rui Tanaka")

    def withdraw() -> TransitionRequest:
        return cancel_request(request, actor=request.requested_by)

    results = at_once(approve(request, rui), withdraw)

    request.refresh_from_db()
    assert sum(isinstance(result, ActionError) for result in results) == 1
    assert request.status in (Status.APPROVED, Status.CANCELLED)
    assert (request.plan is None) == (request.status == Status.CANCELLED)


def test_of_two_tabs_that_store_a_comment_at_once_one_is_told() -> None:
    comment = make_comment(author=make_user(level=Level.CAN_READ))

    def store(text: str) -> Callable[[], Comment]:
        seen = digest_of(comment.text)
        return lambda: edit_comment(comment, text, seen=seen, actor=comment.author)

    results = at_once(store("The one."), store("The other."))

    (won,) = [result for result in results if isinstance(result, Comment)]
    assert sum(isinstance(result, StaleTextError) for result in results) == 1
    comment.refresh_from_db()
    assert comment.text == won.text
    assert count(EventType.COMMENT_UPDATED) == 1


def test_a_comment_that_is_edited_and_deleted_at_once_is_deleted() -> None:
    comment = make_comment(author=make_user(level=Level.CAN_READ))

    at_once(
        lambda: edit_comment(comment, "But.", actor=comment.author),
        lambda: delete_comment(comment, actor=comment.author),
    )

    comment.refresh_from_db()
    assert (comment.is_deleted, comment.text) == (True, "")
    assert count(EventType.COMMENT_DELETED) == 1


def test_a_form_sent_twice_at_once_asks_once() -> None:
    version = make_version()
    dana = make_user(level=Level.CAN_EDIT)

    def ask() -> TransitionRequest:
        return create_request(version, "stage:Production", actor=dana, comment="!")

    results = at_once(ask, ask)

    assert sum(isinstance(result, AlreadyExistsError) for result in results) == 1
    assert TransitionRequest.objects.count() == 1
    assert count(EventType.TRANSITION_REQUEST_CREATED) == 1


def test_appends_at_once_leave_a_chain_without_gap_or_fork() -> None:
    actor = make_user()

    def append() -> None:
        for _ in range(20):
            with transaction.atomic():
                record_event(EventType.API_TOKEN_CREATED, actor=actor, name="ci")

    at_once(*[append] * 6)

    report = verify_audit_log()
    assert report.fault == ""
    assert report.count == AuditEvent.objects.count() == 120


def test_two_workers_apply_one_plan_once(mlflow_server: MLflowServer) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    name = "two workers"
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/model")
    sync_mirror(MLflowClient(mlflow_server.uri))
    version = ModelVersion.objects.select_related("model").get(model__name=name)
    request = create_request(
        version, "stage:Production", actor=make_user(level=Level.CAN_EDIT), comment="!"
    )
    approve(request, reviewer("Rui Tanaka"))()
    assert TransitionRequest.objects.filter(due_at__lte=timezone.now()).count() == 1

    def work() -> int:
        return apply_due_requests(MLflowClient(mlflow_server.uri))

    assert sorted(map(str, at_once(work, work))) == ["0", "1"]
    request.refresh_from_db()
    assert request.status == Status.APPLIED
    assert count(EventType.TRANSITION_REQUEST_APPLIED) == 1


def test_while_one_syncs_another_process_does_not(mlflow_client: MLflowClient) -> None:
    others: list[object] = []

    def meanwhile(_what: str, _count: int) -> None:
        others.extend(at_once(lambda: sync_mirror(mlflow_client)))

    report = sync_mirror(mlflow_client, progress=meanwhile)

    assert report is not None
    assert set(others) == {None}
    assert count(EventType.MIRROR_FILLED) == 1


def test_many_first_syncs_at_once_fill_the_mirror_once(
    mlflow_client: MLflowClient,
) -> None:
    at_once(*[lambda: sync_mirror(mlflow_client)] * 4)

    assert count(EventType.MIRROR_FILLED) == 1
    state = MirrorState.load()
    assert state.synced_at is not None
    assert state.lease_expires_at is None


def test_two_plans_for_one_model_are_carried_out_one_after_the_other(
    mlflow_server: MLflowServer,
) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    name = "two plans"
    plain.create_registered_model(name)
    for _ in range(3):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(MLflowClient(mlflow_server.uri))
    versions = ModelVersion.objects.select_related("model").filter(model__name=name)
    requests = [
        create_request(
            versions.get(number=number),
            "stage:Production",
            actor=make_user(level=Level.CAN_EDIT),
            comment="!",
            archive_existing_versions=True,
        )
        for number in (2, 3)
    ]
    for request in requests:
        approve(request, reviewer("Rui Tanaka"))()

    with flaky_mlflow(mlflow_server.uri) as slow:
        slow.delay_seconds = 0.2

        def work() -> int:
            return apply_due_requests(MLflowClient(slow.uri))

        at_once(work, work)

    first, second = TransitionRequest.objects.order_by("number")
    assert (first.status, second.status) == (Status.APPLIED, Status.FAILED)
    assert "was put into Production since this was approved" in second.failure
    assert second.carried_out == []
    stages = [plain.get_model_version(name, n).current_stage for n in "123"]
    assert stages == ["Archived", "Production", "None"]
