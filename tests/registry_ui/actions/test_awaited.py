"""For whom open requests wait, gathered for many at once."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registry_ui.actions.awaited import approvals_given, awaited_from
from registry_ui.actions.checks import report_check
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.reviews import review_request
from registry_ui.events import EventType, record_event
from registry_ui.models import (
    Check,
    Evidence,
    Level,
    ModelPermission,
    Review,
    TransitionRequest,
)
from registry_ui.policies import PolicyDefinition
from tests.factories import make_transition_request, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    return make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)


@pytest.fixture
def ask() -> TransitionRequest:
    return make_transition_request(version=make_version(metrics={"auc": 0.9}))


def govern(**rules: Any) -> None:
    """Let one policy hold for every stage."""
    definition = {"name": "p", "targets": ["stage:*"], **rules}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)


def approve(ask: TransitionRequest, actor: User) -> None:
    review_request(ask, Review.Decision.APPROVE, actor=actor, seen=None)


def waits(ask: TransitionRequest, user: User) -> bool:
    """Does it wait for somebody who holds the level?"""
    again = User.objects.get(pk=user.pk)  # who knows nothing of their levels yet
    return awaited_from(again, [ask.number]) == {ask.number}


def test_by_default_it_waits_for_all_but_the_requester(
    ask: TransitionRequest, reviewer: User
) -> None:
    assert waits(ask, reviewer)
    assert not waits(ask, ask.requested_by)


def test_where_nobody_is_excluded_it_waits_for_the_requester_too(
    ask: TransitionRequest,
) -> None:
    govern(excluded=[])

    assert waits(ask, ask.requested_by)


def test_it_does_not_wait_for_the_user_of_the_run(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(excluded=["run_user"])
    Evidence.objects.update(run_user="Rui")

    assert not waits(ask, reviewer)


def test_it_does_not_wait_for_who_registered_the_version(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(excluded=["version_creator"])
    other = make_transition_request(version=make_version(model=ask.version.model))
    with transaction.atomic():
        record_event(
            EventType.MODEL_VERSION_CREATED,
            actor=reviewer,
            version=ask.version,
            through="signoff",
        )

    assert not waits(ask, reviewer)
    assert waits(other, reviewer)


def test_it_does_not_wait_for_who_reported_a_check_that_counts(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(excluded=["check_reporters"], checks=[{"name": "bias"}])

    report_check(ask.version, "latency", Check.Verdict.PASSED, actor=reviewer)
    assert waits(ask, reviewer)

    report_check(ask.version, "bias", Check.Verdict.PASSED, actor=reviewer)
    assert not waits(ask, reviewer)


def test_it_does_not_wait_for_who_approved_it_already(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[{"count": 2}])
    approve(ask, reviewer)

    assert not waits(ask, reviewer)
    assert waits(ask, make_user(level=Level.CAN_MANAGE))
    assert approvals_given([ask.number]) == {ask.number: (1, 2)}


def test_an_approval_of_what_has_changed_since_is_wanted_again(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[{"count": 2}])
    approve(ask, reviewer)
    Evidence.objects.update(metrics={"auc": 0.1})

    assert waits(ask, reviewer)
    assert approvals_given([ask.number]) == {ask.number: (0, 2)}


def test_an_approval_of_somebody_who_lost_their_level_is_wanted_of_another(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(checks=[{"name": "bias"}])
    other = make_user(level=Level.CAN_MANAGE)
    approve(ask, reviewer)
    assert not waits(ask, other)

    ModelPermission.objects.filter(user=reviewer).delete()

    assert waits(ask, other)


def test_what_waits_for_a_check_alone_waits_for_nobody(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(checks=[{"name": "bias"}])
    approve(ask, reviewer)

    assert ask.reviews.count() == 1
    assert not waits(ask, make_user(level=Level.CAN_MANAGE))


def test_what_wants_no_approval_waits_for_nobody(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[], checks=[{"name": "bias"}])

    assert not waits(ask, reviewer)


def test_it_waits_for_those_whom_a_rule_names(
    ask: TransitionRequest, reviewer: User
) -> None:
    govern(approvals=[{"groups": ["risk"]}, {"level": "CAN_MANAGE"}])
    in_risk = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    in_risk.groups.add(Group.objects.create(name="risk"))
    manager = make_user(level=Level.CAN_MANAGE)

    assert not waits(ask, reviewer)
    assert waits(ask, in_risk)
    assert waits(ask, manager)

    approve(ask, in_risk)
    second = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    second.groups.set(in_risk.groups.all())

    assert not waits(ask, second)
    assert waits(ask, manager)


def test_a_level_held_through_a_group_counts_for_a_rule(
    ask: TransitionRequest,
) -> None:
    govern(approvals=[{"level": "CAN_MANAGE"}], checks=[{"name": "bias"}])
    leads = Group.objects.create(name="leads")
    ModelPermission.objects.create(group=leads, level=Level.CAN_MANAGE)
    first, second = make_user(), make_user()
    for person in (first, second):
        person.groups.add(leads)
    assert waits(ask, second)

    approve(ask, first)

    assert not waits(ask, second)


def test_many_requests_take_no_more_queries_than_one(reviewer: User) -> None:

    govern(
        approvals=[{"count": 2}, {"groups": ["risk"]}],
        checks=[{"name": "bias"}],
        excluded=["requester", "run_user", "version_creator", "check_reporters"],
    )

    def make() -> int:
        ask = make_transition_request()
        approve(ask, make_user(level=Level.CAN_MANAGE))
        return ask.number

    def query_count(numbers: list[int]) -> int:
        with CaptureQueriesContext(connection) as queries:
            awaited_from(User.objects.get(pk=reviewer.pk), numbers)
        return len(queries)

    numbers = [make()]
    few = query_count(numbers)
    numbers += [make() for _ in range(5)]

    assert query_count(numbers) == few


def test_nothing_is_asked_where_there_is_nothing_to_decide(reviewer: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert awaited_from(reviewer, []) == set()

    assert not queries.captured_queries
