"""Who has approved, who counts for which rule, and who is still missing.

One person counts for one rule. Which one is chosen so that most rules are met: counted
in the order of the rules, a person whom two rules could use may be spent on the one
that others could have met, and the request would wait for ever though enough people
agreed.
"""

from collections.abc import Sequence

from registry_ui.gates.facts import Gate, GateFacts, ReviewFact, Verdict
from registry_ui.models import Level
from registry_ui.policies import ApprovalRule

_NAME = "Approvals"


def counts(facts: GateFacts, review: ReviewFact) -> bool:
    """Does the policy count this review as somebody's approval?"""
    return review.is_approval and not why_not_counted(facts, review)


def why_not_counted(facts: GateFacts, review: ReviewFact) -> str:
    """Say why the review counts for no rule; empty if it may count."""
    if reason := facts.excluded.get(review.reviewer_id):
        return reason
    if not review.holds_level:
        return f"no longer holds {facts.level_name}"
    lasts = facts.policy.definition.approvals_expire_after
    if lasts is not None and facts.now >= review.given_at + lasts:
        return "approved too long ago"
    return ""


def approvals_gate(facts: GateFacts) -> Gate:
    """Judge whether enough people agreed."""
    approvals = [review for review in facts.reviews if counts(facts, review)]
    rules = facts.policy.definition.approvals
    slots = [rule for rule in rules for _ in range(rule.count)]
    missing = unmet(slots, approvals)
    found = f"{len(slots) - len(missing)} of {len(slots)}"
    names = ", ".join(review.reviewer_name for review in approvals)
    lost = _lost(facts)
    if not missing:
        by = f": approved by {names}" if names else ""
        return Gate(_NAME, Verdict.PASSED, f"{found}{by}.{lost}")
    have = f" ({names})" if names else ""
    return Gate(
        _NAME,
        Verdict.WAITING,
        f"{found} approvals so far{have}.{lost}{_nobody(facts, missing)}",
        _remedy(facts, missing),
    )


def unmet(
    slots: Sequence[ApprovalRule], approvals: Sequence[ReviewFact]
) -> list[ApprovalRule]:
    """Return the slots that stay empty when the approvals are put where they help most.

    A largest matching, found by augmenting paths (Kuhn's algorithm).
    """
    taken: dict[int, int] = {}  # slot → approval

    def place(approval: int, tried: set[int]) -> bool:
        for slot, rule in enumerate(slots):
            if slot in tried or not fits(rule, approvals[approval]):
                continue
            tried.add(slot)
            if slot not in taken or place(taken[slot], tried):
                taken[slot] = approval
                return True
        return False

    for approval in range(len(approvals)):
        place(approval, set())
    return [rule for slot, rule in enumerate(slots) if slot not in taken]


def fits(rule: ApprovalRule, review: ReviewFact) -> bool:
    """Could the reviewer count for the rule?"""
    has_level = rule.level is None or review.level >= Level[rule.level]
    return has_level and (not rule.groups or bool(review.groups & set(rule.groups)))


def _lost(facts: GateFacts) -> str:
    """Say of each approval that counts for nothing why it does not."""
    lost = [
        f" {review.reviewer_name}'s does not count: {reason}."
        for review in facts.reviews
        if review.is_approval and (reason := why_not_counted(facts, review))
    ]
    return "".join(lost)


def _nobody(facts: GateFacts, missing: Sequence[ApprovalRule]) -> str:
    """Say of each rule that nobody can meet that its groups have no people."""
    empty = dict.fromkeys(
        rule.groups
        for rule in missing
        if rule.groups and facts.empty_groups.issuperset(rule.groups)
    )
    return "".join(f" Nobody is in {' or '.join(groups)}." for groups in empty)


def _remedy(facts: GateFacts, missing: Sequence[ApprovalRule]) -> str:
    wanted: dict[str, int] = {}
    for rule in missing:
        who = _who(facts, rule)
        wanted[who] = wanted.get(who, 0) + 1
    asks = [
        f"an approval by somebody {who}"
        if count == 1
        else f"approvals by {count} people {who}"
        for who, count in wanted.items()
    ]
    text = "; ".join(asks)
    others = list(dict.fromkeys(facts.excluded.values()))
    but = f", but not by who {' or '.join(others)}" if others else ""
    return f"{text[0].upper()}{text[1:]}{but}."


def _who(facts: GateFacts, rule: ApprovalRule) -> str:
    level = Level[rule.level].label if rule.level else facts.level_name
    of = f" of {' or '.join(rule.groups)}" if rule.groups else ""
    return f"with {level}{of}"
