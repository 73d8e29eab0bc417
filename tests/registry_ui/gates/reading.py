"""The rules of docs/policies.md, read as plainly as can be; none of the product's code.

Slow where that is simpler: people are given to rules in every possible way, numbers are
fractions, and the clock is read off a wall.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from registry_ui.comparison import VersionFacts
from registry_ui.gates import GateFacts, ReviewFact, Verdict
from registry_ui.models import Level
from registry_ui.policies import ApprovalRule, CheckRule, Freeze, MetricRule

PASSED, FAILED = Verdict.PASSED, Verdict.FAILED
WAITING, INSUFFICIENT = Verdict.WAITING, Verdict.INSUFFICIENT
KNOWN_DIRECTIONS = {"auc": "higher", "loss": "lower"}


class Reading(NamedTuple):
    """What a gate should say.

    Attributes:
        steps: how many things stand between it and passing; 0: it has passed.
        looks_at: the facts on which it depends.
    """

    verdict: Verdict
    steps: int
    looks_at: set[str]


def read(facts: GateFacts) -> list[Reading]:
    """Return what each gate should say, in their order."""
    return [
        registration(facts),
        approvals(facts),
        *(check(facts, rule) for rule in facts.policy.definition.checks),
        *of_the_version(facts),
        *(metric(facts, rule) for rule in facts.policy.definition.metrics),
        *of_holders_and_time(facts),
    ]


def registration(facts: GateFacts) -> Reading:
    """Is the version there, and ready?"""
    verdict = PASSED if facts.version_status == "READY" else INSUFFICIENT
    return one_step(verdict if facts.is_in_registry else FAILED, "registration")


def approvals(facts: GateFacts) -> Reading:
    """Have enough people approved?"""
    missing = people_missing(facts)
    looks_at = {"reviews"}
    if facts.policy.definition.approvals_expire_after:
        looks_at.add("clock")
    return Reading(WAITING if missing else PASSED, missing, looks_at)


def of_the_version(facts: GateFacts) -> Iterator[Reading]:
    """Is it signed, tagged and described as it must be?"""
    rules, version = facts.policy.definition, facts.candidate
    if rules.signature:
        yield signature(facts)
    if rules.tags:
        has = version.tags if version else {}
        has_all = all(has.get(tag, "").strip() for tag in rules.tags)
        yield one_step(PASSED if has_all else FAILED, "tags")
    if rules.description_required:
        is_described = version is not None and version.description.split()
        yield one_step(PASSED if is_described else FAILED, "description")


def of_holders_and_time(facts: GateFacts) -> Iterator[Reading]:
    """Is the target free, and is it time?"""
    rules = facts.policy.definition
    if rules.single_holder:
        yield one_step(PASSED if len(facts.holders_after) < 2 else FAILED, "holders")
    if rules.waiting_time:
        has_waited = facts.now - facts.asked_at >= rules.waiting_time
        yield one_step(PASSED if has_waited else WAITING, "clock")
    if rules.freezes:
        is_frozen = any(covers(freeze, facts.now) for freeze in rules.freezes)
        yield one_step(WAITING if is_frozen else PASSED, "clock")


def one_step(verdict: Verdict, *looks_at: str) -> Reading:
    """Return the reading of a gate that one change satisfies."""
    return Reading(verdict, int(verdict is not PASSED), set(looks_at))


def people_missing(facts: GateFacts) -> int:
    """Return how many people must still approve at the least."""
    rules = facts.policy.definition
    counting = [
        review
        for review in facts.reviews
        if review.is_approval
        and review.reviewer_id not in facts.excluded
        and review.level >= facts.level
        and (
            rules.approvals_expire_after is None
            or facts.now - review.given_at < rules.approvals_expire_after
        )
    ]
    slots = [rule for rule in rules.approvals for _ in range(rule.count)]
    return len(slots) - most_met(slots, counting)


def most_met(slots: Sequence[ApprovalRule], people: Sequence[ReviewFact]) -> int:
    """Give people to slots in every possible way; return how many that meets at most.

    Each way leaves the first slot empty, or gives it one of those who suit it.
    """
    if not slots or not people:
        return 0
    first, *rest = slots
    ways = [most_met(rest, people)]
    ways += [
        1 + most_met(rest, [*people[:index], *people[index + 1 :]])
        for index, person in enumerate(people)
        if suits(person, first)
    ]
    return max(ways)


def suits(person: ReviewFact, rule: ApprovalRule) -> bool:
    """Is the person somebody whom the rule asks for?"""
    is_high_enough = rule.level is None or person.level >= Level[rule.level]
    is_in_one = any(group in person.groups for group in rule.groups)
    return is_high_enough and (is_in_one or not rule.groups)


def check(facts: GateFacts, rule: CheckRule) -> Reading:
    """Not reported or too old is insufficient, pending waits."""
    report, looks_at = facts.checks.get(rule.name), [f"check {rule.name}"]
    if rule.max_age:
        looks_at.append("clock")
    if report is None or (
        rule.max_age and facts.now - report.reported_at >= rule.max_age
    ):
        return one_step(INSUFFICIENT, *looks_at)
    words = {"passed": PASSED, "failed": FAILED, "pending": WAITING}
    return one_step(words[report.verdict], *looks_at)


def signature(facts: GateFacts) -> Reading:
    """Of SIGNATURES: who asks for fewer columns than the incumbent has widened it."""
    new, old = (_columns(one) for one in (facts.candidate, facts.incumbent))
    has_incumbent = facts.incumbent is not None
    gaps = (new is None) + (has_incumbent and old is None)
    if new is None or (has_incumbent and old is None):
        return Reading(INSUFFICIENT, gaps, {"signature"})
    is_widened = facts.policy.definition.signature == "widened"
    is_fitting = old is None or new == old or (is_widened and new < old)
    return one_step(PASSED if is_fitting else FAILED, "signature")


def _columns(version: VersionFacts | None) -> set[str] | None:
    if version is None or not version.is_model_read or version.signature is None:
        return None
    return {column["name"] for column in version.signature["inputs"]}


def metric(facts: GateFacts, rule: MetricRule) -> Reading:
    """Missing or unclear is insufficient; else the number decides."""
    looks_at = {f"metric {rule.name}"}
    if rule.same_data:
        looks_at.add("data sets")
    gaps, is_worse = metric_gaps(facts, rule), is_known_to_be_worse(facts, rule)
    verdict = FAILED if is_worse else PASSED
    return Reading(INSUFFICIENT if gaps else verdict, gaps + is_worse, looks_at)


def metric_gaps(facts: GateFacts, rule: MetricRule) -> int:
    """Return how many things are missing to judge by."""
    incumbent = facts.incumbent
    gaps = int(number(facts.candidate, rule) is None)
    if not rule.is_relative:
        return gaps
    if incumbent is None:
        return gaps + (rule.without_incumbent != "passed")
    data = facts.candidate.datasets if facts.candidate else ()
    return (
        gaps
        + (number(incumbent, rule) is None)
        + (rule.same_data and (not data or data != incumbent.datasets))
        + (direction(facts, rule) is None)
    )


def number(version: VersionFacts | None, rule: MetricRule) -> float | None:
    """Return a version's number; None where it has none."""
    found = version.metrics.get(rule.name) if version else None
    return None if found is None or math.isnan(found) else found


def direction(facts: GateFacts, rule: MetricRule) -> str | None:
    """Return the way in which the metric is better."""
    version = facts.candidate or facts.incumbent
    chosen = version.choices.directions.get(rule.name) if version else None
    return rule.direction or chosen or KNOWN_DIRECTIONS.get(rule.name)


def is_known_to_be_worse(facts: GateFacts, rule: MetricRule) -> bool:
    """Is the number out of bounds, or worse by more than the tolerance?"""
    new, old = number(facts.candidate, rule), number(facts.incumbent, rule)
    if new is None:
        return False
    if not rule.is_relative:
        low, high = rule.at_least, rule.at_most
        is_low = low is not None and is_worse(new, low, exact(0))
        return is_low or (high is not None and is_worse(-new, -high, exact(0)))
    if old is None or direction(facts, rule) is None:
        return False
    if direction(facts, rule) == "lower":
        new, old = -new, -old
    if rule.tolerance is not None or math.isinf(old):
        return is_worse(new, old, exact(rule.tolerance or 0))
    return is_worse(new, old, abs(exact(old)) * exact(rule.relative_tolerance or 0))


def is_worse(new: float, old: float, allowed: Fraction) -> bool:
    """Is it lower by more than is allowed, and by more than a billionth?"""
    if math.isinf(new) or math.isinf(old):
        return new < old
    return exact(old) - exact(new) > allowed + abs(exact(old)) / 10**9


def exact(value: float) -> Fraction:
    """Return the number that people write, not the one in the machine."""
    return Fraction(repr(value))


def covers(freeze: Freeze, now: datetime) -> bool:
    """Does the freeze last, by a clock that hangs on a wall of its time zone?"""
    zone = ZoneInfo(freeze.time_zone)
    if not freeze.weekdays:
        starts, ends = (
            datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
            for text in (freeze.starts, freeze.ends)
        )
        return starts <= now.timestamp() < ends
    wall = now.astimezone(zone)
    is_that_day = wall.strftime("%A").lower() in freeze.weekdays
    return is_that_day and freeze.starts <= f"{wall:%H:%M}" < freeze.ends
