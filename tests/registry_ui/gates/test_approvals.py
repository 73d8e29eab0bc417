"""Approvals are counted so that enough people are always enough."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from registry_ui.gates import GateFacts, ReviewFact, Verdict
from registry_ui.gates.approvals import approvals_gate, fits, unmet
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
        level_name="Can Manage Production Versions",
        reviews=reviews,
        excluded=excluded or {},
    )


rules = st.lists(
    st.builds(
        ApprovalRule,
        groups=st.lists(st.sampled_from(GROUPS), max_size=2, unique=True).map(tuple),
        level=st.sampled_from([None, "CAN_MANAGE"]),
    ),
    max_size=4,
)
people = st.lists(
    st.tuples(
        st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
        st.sampled_from([Level.CAN_MANAGE_PRODUCTION_VERSIONS, Level.CAN_MANAGE]),
    ),
    max_size=5,
).map(
    lambda drawn: [
        approval(number, *groups, level=level)
        for number, (groups, level) in enumerate(drawn)
    ]
)


def most_met(slots: Sequence[ApprovalRule], reviews: Sequence[ReviewFact]) -> int:
    """Count by trying every order in which people could be given to rules."""
    spread = [*reviews, *[None] * len(slots)]
    return max(
        sum(
            review is not None and fits(rule, review)
            for rule, review in zip(slots, order, strict=False)
        )
        for order in permutations(spread, len(slots))
    )


@given(rules, people)
def test_no_way_of_counting_meets_more_rules(
    slots: list[ApprovalRule], reviews: list[ReviewFact]
) -> None:
    assert len(slots) - len(unmet(slots, reviews)) == most_met(slots, reviews)


@given(rules, people)
def test_who_is_asked_for_next_meets_one_more_rule(
    slots: list[ApprovalRule], reviews: list[ReviewFact]
) -> None:
    missing = unmet(slots, reviews)
    if not missing:
        return
    wanted = missing[0]
    level = Level[wanted.level] if wanted.level else 4
    newcomer = approval(99, *wanted.groups[:1], level=level)

    assert len(unmet(slots, [*reviews, newcomer])) == len(missing) - 1


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
    assert "of legal" in gate.remedy or "of risk" in gate.remedy


def test_whom_the_policy_excludes_does_not_count_and_is_told_why() -> None:
    reviews = [approval(1)]

    gate = approvals_gate(facts([ApprovalRule()], reviews, excluded={1: "ran its run"}))

    assert gate.verdict is Verdict.WAITING
    assert "person 1's does not count: ran its run" in gate.explanation
    assert "not by who ran its run" in gate.remedy


def test_an_approval_expires() -> None:
    lasts = timedelta(hours=2)

    for hours, verdict in ((1, Verdict.PASSED), (2, Verdict.WAITING)):
        given_then = facts([ApprovalRule()], [approval(1, hours=hours)], lasts=lasts)
        assert approvals_gate(given_then).verdict is verdict


def test_a_policy_may_ask_for_nobody() -> None:
    assert approvals_gate(facts([], [])).verdict is Verdict.PASSED
