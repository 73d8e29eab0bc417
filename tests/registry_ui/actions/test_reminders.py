"""What the clock tells people, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.actions.notifications import Reason
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.reminders import remind_people, reminder_at
from registry_ui.actions.reviews import review_request
from registry_ui.models import Evidence, Level, Notification, Review, TransitionRequest
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user

pytestmark = pytest.mark.django_db

PRODUCTION = Level.CAN_MANAGE_PRODUCTION_VERSIONS


def govern(**rules: Any) -> None:
    definition = {"name": "p", "targets": ["stage:Production"], **rules}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)


def let_pass(request: TransitionRequest, **length: float) -> None:
    """Make the request so much older."""
    then = request.created_at - timedelta(**length)
    TransitionRequest.objects.filter(pk=request.pk).update(created_at=then)
    request.refresh_from_db()


def approve(request: TransitionRequest, reviewer: User) -> None:
    review_request(request, Review.Decision.APPROVE, actor=reviewer, seen=None)
    Notification.objects.all().delete()


def told() -> list[tuple[str, str]]:
    """Return who was told, and why."""
    rows = Notification.objects.order_by("user__username")
    return list(rows.values_list("user__username", "reason"))


@pytest.fixture
def request_of_dana() -> TransitionRequest:
    return make_transition_request(
        requested_by=make_user(username="dana", level=Level.CAN_EDIT)
    )


@pytest.fixture
def rui() -> User:
    return make_user(username="rui", level=PRODUCTION)


@pytest.mark.parametrize(
    ("life", "before"),
    [
        (timedelta(minutes=20), timedelta(minutes=5)),
        (timedelta(days=2), timedelta(hours=12)),
        (timedelta(days=30), timedelta(hours=24)),
    ],
)
def test_the_reminder_comes_in_the_last_quarter_and_on_the_last_day(
    life: timedelta, before: timedelta
) -> None:
    now = timezone.now()

    assert reminder_at(now, now + life) == now + life - before


def test_requester_and_who_is_needed_are_reminded_once_before_the_end(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(requests_expire_after="4d")
    make_user(username="eve", level=Level.CAN_READ)

    let_pass(request_of_dana, days=2.9)
    assert remind_people() == 0
    let_pass(request_of_dana, days=0.2)
    assert remind_people() == 2
    assert remind_people() == 0

    assert told() == [("dana", Reason.REMINDER), ("rui", Reason.REMINDER)]
    notification = Notification.objects.first()
    assert notification is not None
    assert "the request expires on" in notification.text
    assert notification.request == request_of_dana


def test_who_has_approved_already_is_not_reminded(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(requests_expire_after="4d", approvals=[{"count": 2}])
    make_user(username="maya", level=PRODUCTION)
    approve(request_of_dana, rui)

    let_pass(request_of_dana, days=3.5)
    remind_people()

    assert [name for name, _ in told()] == ["dana", "maya"]


def test_an_end_that_a_policy_moves_is_another_end(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(requests_expire_after="4d")
    let_pass(request_of_dana, days=3.5)
    assert remind_people() == 2

    govern(requests_expire_after="10d")
    assert remind_people() == 0
    let_pass(request_of_dana, days=6.2)
    assert remind_people() == 2


@pytest.mark.parametrize("status", ["approved", "rejected", "expired"])
def test_nobody_is_reminded_of_what_is_decided(
    request_of_dana: TransitionRequest, rui: User, status: str
) -> None:
    govern(requests_expire_after="4d")
    let_pass(request_of_dana, days=3.5)
    TransitionRequest.objects.update(status=status)

    assert remind_people() == 0


def test_nobody_is_reminded_of_what_is_over_or_never_ends(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    let_pass(request_of_dana, days=400)
    assert remind_people() == 0
    govern(requests_expire_after="4d")
    assert remind_people() == 0


def test_whose_approval_counts_no_longer_is_asked_once_more_and_told_why(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(approvals=[{"count": 2}])
    approve(request_of_dana, rui)
    assert remind_people() == 0

    evidence = Evidence.objects.get(version=request_of_dana.version)
    evidence.metrics = {"auc": 0.1}
    evidence.save(update_fields=["metrics"])

    assert remind_people() == 1
    assert remind_people() == 0
    notification = Notification.objects.get()
    assert (notification.user, notification.reason) == (rui, Reason.NEEDS_YOU)
    assert "counts no longer: the metrics changed since" in notification.text


def test_whose_approval_has_expired_is_asked_once_more(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(approvals=[{"count": 2}], approvals_expire_after="1d")
    approve(request_of_dana, rui)
    Review.objects.update(created_at=timezone.now() - timedelta(days=2))

    assert remind_people() == 1
    assert "approved too long ago" in Notification.objects.get().text


def test_who_could_not_approve_again_is_not_asked_to(
    request_of_dana: TransitionRequest, rui: User
) -> None:
    govern(approvals=[{"count": 2}])
    approve(request_of_dana, rui)
    rui.model_permissions.update(level=Level.CAN_READ)

    assert remind_people() == 0
