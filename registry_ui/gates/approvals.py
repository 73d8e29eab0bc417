"""Who has approved, who counts for which rule, and who is still missing.

One person counts for one rule. Which one is chosen so that most rules are met: counted
in the order of the rules, a person whom two rules could use may be spent on the one
that others could have met, and the request would wait for ever though enough people
agreed.
"""

from collections import Counter
from collections.abc import Sequence

from registry_ui.gates.facts import Gate, GateFacts, ReviewFact, Verdict
from registry_ui.gates.remedies import Act, Remedy
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
        return f"no longer holds {facts.level.label}"
    lasts = facts.policy.definition.approvals_expire_after
    if lasts is not None and facts.now >= review.given_at + lasts:
        return "approved too long ago"
    return ""


def approvals_gate(facts: GateFacts) -> Gate:
    """Judge whether enough people agreed."""
    approvals = _counting(facts)
    slots = _slots(facts)
    missing = unmet(slots, approvals)
    found = f"{len(slots) - len(missing)} of {len(slots)}"
    rules = facts.policy.definition.approvals
    fitting = [review for review in approvals if not _why_unfit(rules, review)]
    names = ", ".join(review.reviewer_name for review in fitting)
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


def approvals_so_far(facts: GateFacts) -> tuple[int, int]:
    """Return how many of the wanted approvals are there, and how many are wanted."""
    slots = _slots(facts)
    return len(slots) - len(unmet(slots, _counting(facts))), len(slots)


def is_wanted(facts: GateFacts, approval: ReviewFact) -> bool:
    """Would one more approval, not yet given, fill a slot that is empty?"""
    given, slots = _counting(facts), _slots(facts)
    if not counts(facts, approval) or any(
        one.reviewer_id == approval.reviewer_id for one in given
    ):
        return False
    return len(unmet(slots, [*given, approval])) < len(unmet(slots, given))


def _counting(facts: GateFacts) -> list[ReviewFact]:
    return [review for review in facts.reviews if counts(facts, review)]


def _slots(facts: GateFacts) -> list[ApprovalRule]:
    """Return one rule for each approval that is wanted."""
    rules = facts.policy.definition.approvals
    return [rule for rule in rules for _ in range(rule.count)]


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
    rules = facts.policy.definition.approvals
    lost = [
        f" {review.reviewer_name}'s does not count: {reason}."
        for review in facts.reviews
        if review.is_approval
        and (reason := why_not_counted(facts, review) or _why_unfit(rules, review))
    ]
    return "".join(lost)


def _why_unfit(rules: Sequence[ApprovalRule], review: ReviewFact) -> str:
    """Say why the approval counts for none of the rules; empty if there are none."""
    if not rules or any(fits(rule, review) for rule in rules):
        return ""
    if any(rule.groups for rule in rules):
        return "is in none of the groups that count"
    return "holds none of the levels that count"


def _nobody(facts: GateFacts, missing: Sequence[ApprovalRule]) -> str:
    """Say of each rule that nobody can meet that its groups have no people."""
    empty = dict.fromkeys(
        rule.groups
        for rule in missing
        if rule.groups and facts.empty_groups.issuperset(rule.groups)
    )
    return "".join(f" Nobody is in {' or '.join(groups)}." for groups in empty)


def _remedy(facts: GateFacts, missing: Sequence[ApprovalRule]) -> Remedy:
    asked = tuple(_of_one(facts, rule) for rule in missing)
    asks = [
        f"an approval by somebody {who}"
        if count == 1
        else f"approvals by {count} people {who}"
        for who, count in Counter(map(_who, asked)).items()
    ]
    text = "; ".join(asks)
    others = list(dict.fromkeys(facts.excluded.values()))
    but = f", but not by who {' or '.join(others)}" if others else ""
    return Remedy(
        act=Act.APPROVE,
        text=f"{text[0].upper()}{text[1:]}{but}.",
        approvals=asked,
    )


def _of_one(facts: GateFacts, rule: ApprovalRule) -> ApprovalRule:
    """Return what one person must be: nobody reviews below the target's own level."""
    level = max(facts.level, Level[rule.level or facts.level.name])
    return rule.model_copy(update={"count": 1, "level": level.name})


def _who(rule: ApprovalRule) -> str:
    of = f" of {' or '.join(rule.groups)}" if rule.groups else ""
    return f"with {Level[rule.level].label if rule.level else ''}{of}"
