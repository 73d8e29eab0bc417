"""An emergency: applied at once, and reviewed by somebody else afterwards."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.break_glass import break_glass
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request, create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.actions.watching import watch_model
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Level,
    ModelVersion,
    Notification,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_user, make_version
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db

PRODUCTION = "stage:Production"
REASON = "v1 answers nothing but errors since 02:10."
APPROVE, REJECT = Review.Decision.APPROVE, Review.Decision.REJECT
Status = TransitionRequest.Status


@pytest.fixture
def ada() -> User:
    return make_user(full_name="Ada Lindqvist", level=Level.CAN_MANAGE)


@pytest.fixture
def rui() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def broken(actor: User, **policy: object) -> TransitionRequest:
    strict = {"metrics": [{"name": "auc", "at_least": 0.9}], **policy}
    apply_policies(
        [
            PolicyDefinition.model_validate(
                {"name": "strict", "targets": [PRODUCTION]} | strict
            )
        ],
        actor=None,
    )
    return break_glass(
        make_version(stage="Staging"), PRODUCTION, actor=actor, reason=REASON
    )


def review_of(request: TransitionRequest) -> TransitionRequest:
    found = TransitionRequest.objects.select_related("version__model", "requested_by")
    return found.get(follows=request)


def decide(request: TransitionRequest, decision: Review.Decision, actor: User) -> None:
    seen = gather_decision(request).fingerprint
    review_request(request, decision, actor=actor, seen=seen, comment="Looked at it.")


def types(request: TransitionRequest) -> list[str]:
    rows = AuditEvent.objects.filter(request_number=request.number)
    return [*rows.order_by("position").values_list("type", flat=True)]


def test_no_gate_is_waited_for_and_what_they_said_is_on_record(ada: User) -> None:
    request = broken(ada)

    assert request.status == Status.APPROVED
    assert types(request) == ["transition_request.glass_broken"]
    event = AuditEvent.objects.get(type="transition_request.glass_broken")
    assert event.details["comment"] == REASON
    assert {gate["name"]: gate["verdict"] for gate in event.details["gates"]} == {
        "Version is ready": "passed",
        "Approvals": "waiting",
        "Metric auc": "insufficient",
    }


def test_it_is_carried_out_in_mlflow(
    ada: User,
    rui: User,
    mlflow_server: MLflowServer,
    mlflow_client: MLflowClient,
    request: pytest.FixtureRequest,
) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    name = f"emergency {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(mlflow_client)
    version = ModelVersion.objects.get(model__name=name, number=2)
    asked = create_request(version, PRODUCTION, actor=ada, comment="Better.")

    emergency = break_glass(
        version,
        PRODUCTION,
        actor=ada,
        reason=REASON,
        archive_existing_versions=True,
    )
    assert apply_due_requests(mlflow_client) == 1

    stages = [plain.get_model_version(name, n).current_stage for n in ("1", "2")]
    assert stages == ["Archived", "Production"]
    emergency.refresh_from_db()
    assert emergency.status == Status.APPLIED
    asked.refresh_from_db()
    assert asked.status == Status.SUPERSEDED
    review = review_of(emergency)
    assert review.is_open
    decide(review, APPROVE, rui)
    review.refresh_from_db()
    assert review.status == Status.APPLIED
    assert types(review)[-1] == "transition_request.approved"
    assert apply_due_requests(mlflow_client) == 0


def test_somebody_else_reviews_it_and_metrics_are_asked_for_no_more(
    ada: User, rui: User
) -> None:
    review = review_of(broken(ada))

    assert review.kind == TransitionRequest.Kind.RETROSPECTIVE
    assert [gate.name for gate in gather_decision(review).gates_left] == ["Approvals"]
    with pytest.raises(ActionError, match="asked for this yourself"):
        decide(review, APPROVE, ada)

    decide(review, APPROVE, rui)

    review.refresh_from_db()
    assert (review.status, review.closed_by) == (Status.APPLIED, rui)
    assert review.due_at is None


def test_who_did_it_does_not_end_the_review_by_rejecting_it_either(ada: User) -> None:
    review = review_of(broken(ada))

    with pytest.raises(ActionError, match="asked for this yourself"):
        decide(review, REJECT, ada)

    review.refresh_from_db()
    assert review.is_open


def test_who_asks_may_not_review_it_even_where_they_may_approve_what_they_ask(
    ada: User, rui: User
) -> None:
    review = review_of(broken(ada, excluded=[], approvals=[]))

    judge_open_requests()
    review.refresh_from_db()
    assert review.is_open
    with pytest.raises(ActionError, match="asked for this yourself"):
        decide(review, APPROVE, ada)

    decide(review, REJECT, rui)
    review.refresh_from_db()
    assert review.status == Status.REJECTED


@pytest.mark.parametrize("who", ["the one who did it", "a superuser"])
def test_nobody_withdraws_the_review(ada: User, who: str) -> None:
    root = make_user(is_superuser=True)
    review = review_of(broken(ada))

    with pytest.raises(PermissionDenied):
        cancel_request(review, actor=ada if "did" in who else root)


def test_the_review_never_expires(ada: User) -> None:
    review = review_of(broken(ada, requests_expire_after="1h"))
    TransitionRequest.objects.update(created_at=timezone.now() - timedelta(days=30))

    judge_open_requests()

    review.refresh_from_db()
    assert review.is_open


def test_a_review_that_is_overdue_is_told_of_once(ada: User) -> None:
    review = review_of(broken(ada, break_glass_review_within="2d"))
    assert review.review_due_at is not None
    assert abs(review.review_due_at - timezone.now() - timedelta(days=2)) < timedelta(
        minutes=1
    )
    judge_open_requests()
    assert "transition_request.review_overdue" not in types(review)
    TransitionRequest.objects.update(review_due_at=timezone.now())

    judge_open_requests()
    judge_open_requests()

    assert types(review).count("transition_request.review_overdue") == 1


def test_who_may_review_it_is_told_and_once_it_is_overdue_who_manages_the_model(
    ada: User, rui: User
) -> None:
    boss = make_user(level=Level.CAN_MANAGE)
    watcher = make_user(level=Level.CAN_READ)
    review = review_of(broken(ada, approvals=[{"groups": ["on call"]}]))
    on_call = Group.objects.create(name="on call")
    on_call.user_set.add(rui)
    watch_model(review.version.model, actor=watcher)
    Notification.objects.all().delete()
    TransitionRequest.objects.update(review_due_at=timezone.now())

    judge_open_requests()

    told = dict(Notification.objects.values_list("user", "reason"))
    assert told == {
        rui.pk: "needs_you",
        boss.pk: "needs_you",
        ada.pk: "yours",
        watcher.pk: "watching",
    }


def test_a_second_emergency_owes_a_second_review(ada: User) -> None:
    first = broken(ada)
    TransitionRequest.objects.filter(pk=first.pk).update(status=Status.FAILED)

    second = break_glass(first.version, PRODUCTION, actor=ada, reason=REASON)

    assert TransitionRequest.objects.reviews_due().count() == 2
    assert review_of(second).is_open


def test_the_level_below_can_manage_is_not_enough(rui: User) -> None:
    with pytest.raises(PermissionDenied):
        broken(rui)
    assert not TransitionRequest.objects.exists()


def test_a_policy_can_forbid_it(ada: User) -> None:
    with pytest.raises(ActionError, match="strict v1 allows no break-glass"):
        broken(ada, break_glass=False)
    assert not TransitionRequest.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \r\n "])
def test_a_reason_is_mandatory(ada: User, reason: str) -> None:
    with pytest.raises(ActionError, match="Say what the emergency is"):
        break_glass(make_version(), PRODUCTION, actor=ada, reason=reason)
    assert not TransitionRequest.objects.exists()
