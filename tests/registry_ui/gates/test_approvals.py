"""Approvals are counted so that enough people are always enough."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from registry_ui.gates import GateFacts, ReviewFact, Verdict
from registry_ui.gates.approvals import approvals_gate
from registry_ui.models import Level
from registry_ui.policies import ApprovalRule, Policy, PolicyDefinition

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROUPS = ("risk", "legal", "ops")


def approval(number: int, *groups: str, level: int = 4, hours: int = 0) -> ReviewFact:
    return ReviewFact(
        reviewer_id=number,
        reviewer_name=f"person {number}",
        is_approval=True,
        given_at=NOW - timedelta(hours=hours),
        holds_level=True,
        level=level,
        groups=frozenset(groups),
    )


def facts(
    rules: Sequence[ApprovalRule],
    reviews: Sequence[ReviewFact],
    *,
    excluded: dict[int, str] | None = None,
    lasts: timedelta | None = None,
) -> GateFacts:
    definition = PolicyDefinition(
        name="p",
        targets=("stage:Production",),
        approvals=tuple(rules),
        approvals_expire_after=lasts,
    )
    return GateFacts(
        policy=Policy(definition, 1),
        now=NOW,
        asked_at=NOW,
        level=Level.CAN_MANAGE_PRODUCTION_VERSIONS,
        reviews=reviews,
        excluded=excluded or {},
    )


def test_a_person_in_two_groups_is_not_spent_where_others_would_do() -> None:
    both, one = approval(1, "risk", "legal"), approval(2, "risk")
    wanted = [ApprovalRule(groups=("risk",)), ApprovalRule(groups=("legal",))]

    for order in ([both, one], [one, both]):
        assert approvals_gate(facts(wanted, order)).verdict is Verdict.PASSED


def test_one_person_counts_for_one_rule() -> None:
    wanted = [ApprovalRule(groups=("risk",)), ApprovalRule(groups=("legal",))]

    gate = approvals_gate(facts(wanted, [approval(1, "risk", "legal")]))

    assert gate.verdict is Verdict.WAITING
    assert gate.explanation == "1 of 2 approvals so far (person 1)."
    assert "of legal" in str(gate.remedy) or "of risk" in str(gate.remedy)


def test_whom_the_policy_excludes_does_not_count_and_is_told_why() -> None:
    reviews = [approval(1)]

    gate = approvals_gate(facts([ApprovalRule()], reviews, excluded={1: "ran its run"}))

    assert gate.verdict is Verdict.WAITING
    assert "person 1's does not count: ran its run" in gate.explanation
    assert "not by who ran its run" in str(gate.remedy)


def test_nobody_is_asked_for_who_may_not_decide_on_the_target() -> None:
    gate = approvals_gate(facts([ApprovalRule(level="CAN_READ")], []))

    text = "An approval by somebody with Can Manage Production Versions."
    assert str(gate.remedy) == text


def test_an_approval_expires() -> None:
    lasts = timedelta(hours=2)

    for hours, verdict in ((1, Verdict.PASSED), (2, Verdict.WAITING)):
        given_then = facts([ApprovalRule()], [approval(1, hours=hours)], lasts=lasts)
        assert approvals_gate(given_then).verdict is verdict


def test_a_policy_may_ask_for_nobody() -> None:
    assert approvals_gate(facts([], [])).verdict is Verdict.PASSED
