"""What is said to somebody who decides on a page that is no longer what they saw.

Each ends in one defined state, explained in words, and gives back what was typed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request
from registry_ui.models import Level, ModelVersion, TransitionRequest
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, text

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status
TYPED = "Holds on the new customers, too."


def govern(**rules: Any) -> None:
    """Let a policy of one's own hold for Production."""
    policy = {"name": "production", "targets": ["stage:Production"], **rules}
    apply_policies([PolicyDefinition.model_validate(policy)], actor=None)


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Rui Tanaka", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


@pytest.fixture
def ask() -> TransitionRequest:
    incumbent = make_version(stage="Production")
    candidate = make_version(model=incumbent.model)
    return make_transition_request(
        version=candidate,
        requested_by=make_user(full_name="Dana Ferrari", level=Level.CAN_EDIT),
    )


def url(view: str, ask: TransitionRequest) -> str:
    return reverse(f"registry_ui:{view}", args=[ask.number])


def open_tab(client: Client, ask: TransitionRequest) -> Callable[[], Any]:
    """Open the page, type, and return how Approve is pressed there later."""
    seen = client.get(ask.get_absolute_url()).context["decision"].fingerprint
    data = {"seen": str(seen), "decision": "approve", "comment": TYPED}
    return lambda: client.post(url("request_review", ask), data, headers=HTMX)


def expect_refused(response: Any, words: str) -> None:
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert TYPED in page


def change_policy(_: TransitionRequest) -> None:
    govern(approvals=[{"count": 2}])


def replace_incumbent(ask: TransitionRequest) -> None:
    ModelVersion.objects.filter(stage="Production").update(stage="Archived")
    make_version(model=ask.version.model, stage="Production")


def log_metric(ask: TransitionRequest) -> None:
    ask.version.evidence.metrics = {"auc": 0.5}
    ask.version.evidence.save()


def delete_version(ask: TransitionRequest) -> None:
    ModelVersion.objects.filter(pk=ask.version_id).update(deleted_at=timezone.now())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_policy, "This changed since you looked: the policy."),
        (replace_incumbent, "This changed since you looked: who holds the target."),
        (log_metric, "This changed since you looked: the metrics."),
        (delete_version, "was deleted in MLflow. Nothing was decided; it can only be"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_changed_while_the_page_was_open_refuses_the_approval(
    ask: TransitionRequest,
    reviewer: User,
    change: Callable[[TransitionRequest], None],
    words: str,
) -> None:
    approve = open_tab(browser(reviewer), ask)
    change(ask)

    expect_refused(approve(), words)

    ask.refresh_from_db()
    assert (ask.status, ask.reviews.count()) == (Status.OPEN, 0)


def supersede(ask: TransitionRequest) -> None:
    TransitionRequest.objects.filter(pk=ask.pk).update(
        status=Status.SUPERSEDED,
        closed_by=make_user(full_name="Maya Okafor"),
        closed_at=timezone.now(),
    )


def withdraw(ask: TransitionRequest) -> None:
    cancel_request(ask, actor=ask.requested_by)


def let_expire(ask: TransitionRequest) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    TransitionRequest.objects.filter(pk=ask.pk).update(created_at=long_ago)
    govern(requests_expire_after="1d")
    assert judge_open_requests() == 1


@pytest.mark.parametrize(
    ("close", "words", "notice"),
    [
        (
            supersede,
            "already superseded by Maya Okafor",
            "Another request, named in the record below, did the same.",
        ),
        (withdraw, "already cancelled by Dana Ferrari", "Nothing was changed"),
        (let_expire, "already expired by the system", "Nothing was changed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_closed_while_the_page_was_open_is_said(
    ask: TransitionRequest,
    reviewer: User,
    close: Callable[[TransitionRequest], None],
    words: str,
    notice: str,
) -> None:
    approve = open_tab(browser(reviewer), ask)
    close(ask)

    response = approve()

    expect_refused(response, words)
    assert f"You wrote: {TYPED}" in response.content.decode()
    assert notice in response.content.decode()
    assert not ask.reviews.exists()


def test_a_second_tab_of_the_same_reviewer_counts_once_and_says_so(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[{"count": 2}])
    client = browser(reviewer)
    first, second = open_tab(client, ask), open_tab(client, ask)
    assert first().status_code == 302

    response = second()

    expect_refused(response, "You reviewed this already, and your review counts.")
    assert f"You wrote: {TYPED}" in response.content.decode()
    assert ask.reviews.count() == 1


def test_a_second_tab_of_the_requester_withdraws_nothing_twice(
    ask: TransitionRequest,
) -> None:
    client = browser(ask.requested_by)
    client.post(url("request_cancel", ask))

    response = client.post(url("request_cancel", ask))

    assert "already cancelled by Dana Ferrari" in response.content.decode()


def test_who_was_told_something_is_not_interrupted_by_the_page(
    ask: TransitionRequest, reviewer: User
) -> None:
    """A page that waits for the worker renews itself, and would take the words away."""
    late = browser(make_user(level=Level.CAN_MANAGE))
    too_late, first = open_tab(late, ask), open_tab(browser(reviewer), ask)
    first()

    told = too_late().content.decode()
    waiting = text(browser(reviewer), ask.get_absolute_url())
    withdrawing = browser(ask.requested_by).post(url("request_cancel", ask))

    assert url("request_status", ask) in waiting
    assert "already approved by Rui Tanaka" in told
    assert url("request_status", ask) not in told
    assert url("request_status", ask) not in withdrawing.content.decode()


def test_an_approval_of_somebody_who_left_the_group_counts_no_more(
    ask: TransitionRequest, reviewer: User
) -> None:
    risk = Group.objects.create(name="risk")
    reviewer.groups.add(risk)
    govern(approvals=[{"count": 2, "groups": ["risk"]}])
    client = browser(reviewer)
    open_tab(client, ask)()
    assert "1 of 2 approvals so far (Rui Tanaka)." in text(
        client, ask.get_absolute_url()
    )

    reviewer.groups.remove(risk)
    another = make_user(full_name="Maya Okafor", level=Level.CAN_MANAGE)
    another.groups.add(risk)
    open_tab(browser(another), ask)()

    ask.refresh_from_db()
    assert ask.status == Status.OPEN
    page = text(browser(another), ask.get_absolute_url())
    assert "1 of 2 approvals so far (Maya Okafor)." in page
    assert "does not count: is in none of the groups that count" in page


def test_an_approval_of_somebody_who_lost_the_level_counts_no_more(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[{"count": 2}])
    open_tab(browser(reviewer), ask)()
    reviewer.model_permissions.all().delete()
    another = browser(make_user(full_name="Maya Okafor", level=Level.CAN_MANAGE))

    open_tab(another, ask)()

    page = text(another, ask.get_absolute_url())
    assert "1 of 2 approvals so far (Maya Okafor)." in page
    assert "does not count: no longer holds Can Manage Production Versions" in page


def test_who_lost_the_level_while_the_page_was_open_decides_nothing(
    ask: TransitionRequest, reviewer: User
) -> None:
    approve = open_tab(browser(reviewer), ask)
    reviewer.model_permissions.update(level=Level.CAN_READ)

    assert approve().status_code == 403
    assert not ask.reviews.exists()


def test_what_is_refused_on_an_old_page_is_approved_on_the_new_one(
    ask: TransitionRequest, reviewer: User
) -> None:
    client = browser(reviewer)
    stale = open_tab(client, ask)
    replace_incumbent(ask)
    stale()

    assert open_tab(client, ask)().status_code == 302

    ask.refresh_from_db()
    assert ask.status == Status.APPROVED
    assert "v3 goes from Production" not in str(gather_decision(ask).plan.effects)
