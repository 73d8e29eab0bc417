"""A policy's rules in plain words, for pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from registry_ui.models import Level
from registry_ui.policies.definition import (
    ApprovalRule,
    CheckRule,
    Excluded,
    Freeze,
    Governed,
    MetricRule,
    PolicyDefinition,
    SignatureRule,
)
from registry_ui.policies.durations import in_words

_EXCLUDED = {
    Excluded.REQUESTER: "who asks",
    Excluded.RUN_USER: "who ran the run",
    Excluded.VERSION_CREATOR: "who registered the version",
    Excluded.CHECK_REPORTERS: "who reported its checks",
}
_SIGNATURES = {
    SignatureRule.COMPATIBLE: "No caller of the incumbent notices a change",
    SignatureRule.WIDENED: "What callers of the incumbent send and read still fits",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the kind of thing it is about, and what it says."""

    subject: str
    text: str


def rules_in_words(policy: PolicyDefinition) -> list[Rule]:
    """Return every rule of the policy, in the order in which gates are shown."""
    return [
        *_kinds(policy),
        *_people(policy),
        *(Rule("Check", _check(rule)) for rule in policy.checks),
        *(Rule("Metric", _metric(rule)) for rule in policy.metrics),
        *_version(policy),
        *_times(policy),
        _emergency(policy),
    ]


def _kinds(policy: PolicyDefinition) -> Iterable[Rule]:
    if set(policy.kinds) == {Governed.ROLLBACK}:
        yield Rule("For", "Only going back to who held the target before")
    elif set(policy.kinds) == {Governed.PROMOTION}:
        yield Rule("For", "All but going back to who held the target before")


def _people(policy: PolicyDefinition) -> Iterable[Rule]:
    if not policy.approvals:
        yield Rule("Approval", "Nobody needs to approve")
    for rule in policy.approvals:
        yield Rule("Approval", _approval(rule))
    if policy.excluded:
        who = ", ".join(_EXCLUDED[one] for one in policy.excluded)
        yield Rule("Not by", who)
    if policy.direct:
        yield Rule("Direct", "Who holds the level may move versions alone")


def _approval(rule: ApprovalRule) -> str:
    of = f" of {' or '.join(rule.groups)}" if rule.groups else ""
    level = f" with {Level[rule.level].label}" if rule.level else ""
    return f"{rule.count} {'person' if rule.count == 1 else 'people'}{of}{level}"


def _check(rule: CheckRule) -> str:
    age = f", reported within {in_words(rule.max_age)}" if rule.max_age else ""
    return f"{rule.name} passed{age}"


def _metric(rule: MetricRule) -> str:
    if not rule.is_relative:
        bounds = [
            f"{words} {bound:g}"
            for words, bound in (("at least", rule.at_least), ("at most", rule.at_most))
            if bound is not None
        ]
        return f"{rule.name} {' and '.join(bounds)}"
    data = ", on the same data sets" if rule.same_data else ""
    if rule.tolerance is not None:
        least = f"by at most {rule.tolerance:g}" if rule.tolerance else ""
    else:
        share = 100 * (rule.relative_tolerance or 0)
        least = f"by at most {share:g} %" if share else ""
    worse = f"not worse than the incumbent's {least}".rstrip()
    if least:
        worse = f"worse than the incumbent's {least}"
    return f"{rule.name} {worse}{data}"


def _version(policy: PolicyDefinition) -> Iterable[Rule]:
    if policy.signature:
        yield Rule("Signature", _SIGNATURES[policy.signature])
    if policy.tags:
        yield Rule("Tags", ", ".join(policy.tags))
    if policy.description_required:
        yield Rule("Description", "The version is described")
    if policy.files_unchanged:
        yield Rule("Files", "The same as when it was asked, by their contents")
    if policy.moves_along:
        aliases = ", ".join(f"@{a.removeprefix('alias:')}" for a in policy.moves_along)
        yield Rule("Along", f"{aliases} moves to the version, too")
    if policy.single_holder:
        yield Rule("Holder", "Nobody else holds the target afterwards")


def _times(policy: PolicyDefinition) -> Iterable[Rule]:
    if policy.waiting_time:
        yield Rule("Wait", f"{in_words(policy.waiting_time)} after it was asked")
    for freeze in policy.freezes:
        yield Rule("Freeze", _freeze(freeze))
    if policy.requests_expire_after:
        yield Rule("Expiry", f"Requests after {in_words(policy.requests_expire_after)}")
    if policy.approvals_expire_after:
        lasts = in_words(policy.approvals_expire_after)
        yield Rule("Expiry", f"Approvals after {lasts}")


def _freeze(freeze: Freeze) -> str:
    days = ", ".join(day.capitalize() for day in freeze.weekdays)
    when = f"{freeze.starts.replace('T', ' ')} to {freeze.ends.replace('T', ' ')}"
    why = f": {freeze.reason}" if freeze.reason else ""
    return f"{f'{days} ' if days else ''}{when} {freeze.time_zone}{why}"


def _emergency(policy: PolicyDefinition) -> Rule:
    if not policy.break_glass:
        return Rule("Emergency", "Nobody may break the glass")
    who = Level.CAN_MANAGE.label
    within = in_words(policy.break_glass_review_within)
    return Rule(
        "Emergency",
        f"Who holds {who} may break the glass; somebody else reviews it within"
        f" {within}",
    )
