"""What time alone does to open requests."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.reviews import review_request
from registry_ui.errors import ActionError
from registry_ui.models import (
    AuditEvent,
    Level,
    MirrorState,
    Review,
    TransitionRequest,
    VersionTag,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status


def govern(**rules: Any) -> None:
    definition = {"name": "p", "targets": ["stage:Production"], **rules}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)


def let_pass(request: TransitionRequest, **length: int) -> None:
    """Make the request so much older."""
    then = request.created_at - timedelta(**length)
    TransitionRequest.objects.filter(pk=request.pk).update(created_at=then)
    request.refresh_from_db()


@pytest.fixture
def reviewer() -> User:
    return make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


def approve(request: TransitionRequest, reviewer: User) -> None:
    seen = gather_decision(request).fingerprint
    review_request(request, Review.Decision.APPROVE, actor=reviewer, seen=seen)
    request.refresh_from_db()


def test_an_approved_request_ripens_when_its_waiting_time_is_over(
    reviewer: User,
) -> None:
    govern(waiting_time="1h")
    request = make_transition_request()
    approve(request, reviewer)

    assert judge_open_requests() == 0
    let_pass(request, hours=1)
    assert judge_open_requests() == 1

    request.refresh_from_db()
    assert request.status == Status.APPROVED
    assert request.closed_by is None


def test_news_from_mlflow_ripen_a_request(reviewer: User) -> None:
    govern(tags=["owner"])
    request = make_transition_request()
    approve(request, reviewer)
    assert request.is_open

    version = request.version
    VersionTag.objects.create(
        version=version, model=version.model, key="owner", value="me"
    )

    assert judge_open_requests() == 1


def test_a_request_that_nobody_decides_expires(reviewer: User) -> None:
    govern(requests_expire_after="30d")
    request, young = make_transition_request(), make_transition_request()
    let_pass(request, days=30)

    assert judge_open_requests() == 1

    request.refresh_from_db()
    young.refresh_from_db()
    assert (request.status, young.status) == (Status.EXPIRED, Status.OPEN)
    event = AuditEvent.objects.get(request_number=request.number)
    assert event.type == "transition_request.expired"
    assert event.details == {
        "kind": "promotion",
        "from_stage": "None",
        "to_stage": "Production",
        "target": "stage:Production",
        "policy": "p v1",
    }


def test_what_has_expired_is_not_approved_before_the_clock_looks(
    reviewer: User,
) -> None:
    govern(requests_expire_after="30d")
    request = make_transition_request()
    let_pass(request, days=30)

    with pytest.raises(ActionError, match=r"expired on .* UTC\. Ask again\."):
        approve(request, reviewer)

    assert not request.reviews.exists()


def test_nothing_ripens_by_a_mirror_that_is_too_old(reviewer: User) -> None:
    govern(waiting_time="1h")
    request = make_transition_request()
    approve(request, reviewer)
    let_pass(request, hours=1)
    long_ago = timezone.now() - timedelta(days=1)
    MirrorState.objects.update(synced_at=long_ago, failing_since=long_ago, error="Oh.")

    assert judge_open_requests() == 0


def test_without_policies_the_clock_changes_nothing(reviewer: User) -> None:
    make_transition_request()

    assert judge_open_requests() == 0


def test_who_approved_too_long_ago_may_approve_again(reviewer: User) -> None:
    govern(approvals_expire_after="1d", checks=[{"name": "bias"}])
    request = make_transition_request()
    approve(request, reviewer)
    yesterday = timezone.now() - timedelta(days=1)
    request.reviews.update(created_at=yesterday)
    assert "approved too long ago" in gather_decision(request).gates_left[0].explanation

    approve(request, reviewer)

    reasons = request.reviews.order_by("pk").values_list("stale_reason", flat=True)
    assert list(reasons) == ["approved too long ago", ""]
    assert [gate.name for gate in gather_decision(request).gates_left] == ["Check bias"]
