from datetime import UTC, datetime

import pytest

from registry_ui.gates import GateFacts, ReviewFact, Verdict, all_passed, evaluate
from registry_ui.models import Level
from registry_ui.policies import default_policy

PRODUCTION = "stage:Production"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def facts(
    *,
    choice: str = "four-eyes",
    target: str = PRODUCTION,
    reviews: tuple[ReviewFact, ...] = (),
    is_in_registry: bool = True,
    status: str = "READY",
) -> GateFacts:
    policy = default_policy(choice, target)
    return GateFacts(
        policy=policy,
        now=NOW,
        asked_at=NOW,
        excluded={1: "asked for this"} if policy.definition.excludes_requester else {},
        level=Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        reviews=reviews,
        is_in_registry=is_in_registry,
        version_status=status,
    )


def approval(reviewer_id: int, *, holds_level: bool = True) -> ReviewFact:
    return ReviewFact(
        reviewer_id=reviewer_id,
        reviewer_name=f"user {reviewer_id}",
        is_approval=True,
        given_at=NOW,
        holds_level=holds_level,
    )


@pytest.mark.parametrize("target", [PRODUCTION, "alias:champion"])
def test_four_eyes_guards_production_and_aliases(target: str) -> None:
    assert default_policy("four-eyes", target).definition.excludes_requester


@pytest.mark.parametrize("target", ["stage:Staging", "stage:None", "stage:Archived"])
def test_four_eyes_leaves_the_other_stages_alone(target: str) -> None:
    assert not default_policy("four-eyes", target).definition.excludes_requester
    assert default_policy("four-eyes", target).definition.direct


def test_open_policy_guards_nothing() -> None:
    assert not default_policy("open", PRODUCTION).definition.excludes_requester


def test_a_request_waits_for_an_approval_and_says_whose() -> None:
    gates = evaluate(facts())

    assert not all_passed(gates)
    assert gates[1].verdict is Verdict.WAITING
    assert "not by who asked for this" in str(gates[1].remedy)


def test_an_approval_by_somebody_else_passes() -> None:
    assert all_passed(evaluate(facts(reviews=(approval(2),))))


def test_the_requesters_own_approval_does_not_count_under_four_eyes() -> None:
    assert not all_passed(evaluate(facts(reviews=(approval(1),))))


def test_the_requesters_own_approval_counts_under_the_open_policy() -> None:
    assert all_passed(evaluate(facts(choice="open", reviews=(approval(1),))))


def test_an_approval_without_the_level_does_not_count() -> None:
    assert not all_passed(evaluate(facts(reviews=(approval(2, holds_level=False),))))


def test_a_deleted_version_fails() -> None:
    gates = evaluate(facts(reviews=(approval(2),), is_in_registry=False))

    assert gates[0].verdict is Verdict.FAILED
    assert not all_passed(gates)


def test_a_version_that_is_not_ready_is_insufficient_never_passed() -> None:
    gates = evaluate(facts(reviews=(approval(2),), status="PENDING_REGISTRATION"))

    assert gates[0].verdict is Verdict.INSUFFICIENT
    assert not all_passed(gates)
