"""Doing what a gate proposes satisfies that gate, and changes no other."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry_ui.comparison import (
    MINUS,
    Dataset,
    Direction,
    MetricChoices,
    VersionFacts,
)
from registry_ui.gates import (
    Act,
    CheckFact,
    Gate,
    GateFacts,
    Remedy,
    ReviewFact,
    evaluate,
)
from registry_ui.models import Level
from registry_ui.policies import Freeze, Policy
from tests.registry_ui.gates import reading
from tests.registry_ui.gates.drawn import (
    SIGNATURES,
    facts_of_all,
    facts_of_time,
    facts_of_versions,
)

PAST = Freeze(starts="2000-01-01T00:00", ends="2000-01-02T00:00")


def left(facts: GateFacts) -> list[tuple[int, Gate]]:
    """Return the gates that have not passed, each with its place."""
    return [(index, gate) for index, gate in enumerate(evaluate(facts)) if gate.remedy]


def remedy_of(gate: Gate) -> Remedy:
    assert gate.remedy is not None
    return gate.remedy


@settings(max_examples=600)
@given(st.one_of(facts_of_all(), facts_of_versions(), facts_of_time()))
def test_each_thing_done_brings_just_its_gate_one_step_nearer(facts: GateFacts) -> None:
    before, expected = evaluate(facts), reading.read(facts)
    for index, gate in left(facts):
        changed = done(facts, gate)

        assert reading.read(changed)[index].steps == expected[index].steps - 1, gate
        assert all(word in remedy_of(gate).text for word in words(remedy_of(gate)))
        touched = facts_touched(gate)
        for other, (was, then) in enumerate(
            zip(before, evaluate(changed), strict=True)
        ):
            if other != index and not expected[other].looks_at & touched:
                assert then == was, gate


@settings(max_examples=100)
@given(facts_of_all())
def test_doing_all_that_a_gate_proposes_lets_it_pass(facts: GateFacts) -> None:
    for index, gate in left(facts):
        changed, steps = facts, reading.read(facts)[index].steps
        while (now := evaluate(changed)[index]).remedy:
            changed, steps = done(changed, now), steps - 1
            assert steps >= 0, gate


@settings(max_examples=1000)
@given(facts_of_time())
def test_waiting_is_over_no_later_than_it_must_be(facts: GateFacts) -> None:
    for index, gate in left(facts):
        until = remedy_of(gate).until
        if until is None:
            continue
        assert until.astimezone(UTC) > facts.now
        if is_on_the_wall(until):
            just_before = until.astimezone(UTC) - timedelta(seconds=1)
            still = reading.read(replace(facts, now=just_before))[index]
            assert still.verdict == gate.verdict


def is_on_the_wall(time: datetime) -> bool:
    """Does the clock show that time at all, or is it put forward over it?"""
    shown = time.astimezone(UTC).astimezone(time.tzinfo)
    return shown.replace(tzinfo=None) == time.replace(tzinfo=None)


def done(facts: GateFacts, gate: Gate) -> GateFacts:
    """Do what the gate proposes; of several approvals just the first."""
    remedy = remedy_of(gate)
    changes: dict[str, Any] = {}
    match remedy.act:
        case Act.APPROVE:
            changes["reviews"] = [*facts.reviews, approval(facts, remedy)]
        case Act.REPORT_CHECK:
            report = {remedy.names[0]: CheckFact("passed", facts.now)}
            changes["checks"] = {**facts.checks, **report}
        case Act.WAIT:
            assert remedy.until is not None
            changes["now"] = remedy.until.astimezone(UTC)
        case Act.FREE_TARGET:
            changes["holders_after"] = facts.holders_after[-1:]
        case Act.CHANGE_POLICY:
            changes["policy"] = with_other_rules(facts.policy, remedy)
        case Act.FINISH_REGISTRATION:
            changes["version_status"] = "READY"
        case Act.OTHER_VERSION if gate.name == "Version is ready":
            changes = {"is_in_registry": True, "version_status": "READY"}
        case _:
            return done_to_a_version(facts, remedy)
    return replace(facts, **changes)


def approval(facts: GateFacts, remedy: Remedy) -> ReviewFact:
    """Let just such a person approve as is asked for."""
    wanted = remedy.approvals[0]
    level = Level[wanted.level or "CAN_READ"]
    return ReviewFact(
        reviewer_id=1000 + len(facts.reviews),
        reviewer_name="newcomer",
        is_approval=True,
        given_at=facts.now,
        holds_level=level >= facts.level,
        level=level,
        groups=frozenset(wanted.groups[:1]),
    )


def with_other_rules(policy: Policy, remedy: Remedy) -> Policy:
    """Let the metric pass without an incumbent, or else the freezes be over."""
    definition = policy.definition
    metrics = tuple(
        rule.model_copy(update={"without_incumbent": "passed"})
        if rule.name in remedy.names
        else rule
        for rule in definition.metrics
    )
    freezes = definition.freezes if remedy.names else (PAST,)
    changes = {"metrics": metrics, "freezes": freezes}
    return replace(policy, definition=definition.model_copy(update=changes))


def done_to_a_version(facts: GateFacts, remedy: Remedy) -> GateFacts:
    """Change what is known of the candidate, or of the incumbent where it is named."""
    old = facts.incumbent
    choices = old.choices if old else MetricChoices()
    unread = VersionFacts(model_name="churn", number=7, choices=choices)
    new = facts.candidate or unread
    if old and remedy.version == old.number:
        return replace(facts, candidate=new, incumbent=mended(old, new, remedy))
    if old and remedy.act is Act.LOG_DATA_SETS:
        old = replace(old, datasets=(Dataset("both", "1"),))
    return replace(facts, candidate=mended(new, old, remedy), incumbent=old)


def mended(
    version: VersionFacts, other: VersionFacts | None, remedy: Remedy
) -> VersionFacts:
    """Do it to the version; where one is free to choose, so that it fits the other."""
    match remedy.act:
        case Act.SET_TAGS:
            tags = {**version.tags, **dict.fromkeys(remedy.names, "set")}
            return replace(version, tags=tags)
        case Act.DESCRIBE:
            return replace(version, description="Described.")
        case Act.LOG_DATA_SETS:
            return replace(version, datasets=(Dataset("both", "1"),))
        case Act.CHOOSE_DIRECTION:
            return replace(version, choices=fitting_choice(version, other, remedy))
        case _ if remedy.names:
            number = fitting_number(other, remedy)
            return replace(
                version, metrics={**version.metrics, remedy.names[0]: number}
            )
        case _:
            assert remedy.act in (Act.LOG_SIGNATURE, Act.OTHER_VERSION)
            known = other.signature if other and other.is_model_read else None
            return replace(
                version, is_model_read=True, signature=known or SIGNATURES[0]
            )


def fitting_number(other: VersionFacts | None, remedy: Remedy) -> float:
    """Return the worst number that the words ask for, else one as good as the other."""
    asked = re.search(r"at (?:least|most) (\S+?)\.?(?: |$)", remedy.text)
    if asked:
        text = asked[1].replace(MINUS, "-").replace(",", "")
        return float(text.replace("\N{INFINITY}", "inf"))
    number = other.metrics.get(remedy.names[0]) if other else None
    return 0.5 if number is None or math.isnan(number) else number


def fitting_choice(
    version: VersionFacts, other: VersionFacts | None, remedy: Remedy
) -> MetricChoices:
    (name,) = remedy.names
    old = other.metrics[name] if other else 0.0
    is_higher = version.metrics.get(name, old) >= old
    direction = Direction.HIGHER if is_higher else Direction.LOWER
    return MetricChoices(directions={**version.choices.directions, name: direction})


TOUCHED = {
    Act.APPROVE: "reviews",
    Act.REPORT_CHECK: "check",
    Act.LOG_METRIC: "metric",
    Act.CHOOSE_DIRECTION: "metric",
    Act.OTHER_VERSION: "metric",
    Act.LOG_DATA_SETS: "data sets",
    Act.WAIT: "clock",
    Act.CHANGE_POLICY: "metric",
}


def facts_touched(gate: Gate) -> set[str]:
    """Name what doing it changes: other gates that look at the very same may change.

    The clock goes on for all; two rules may be about one check or one metric; and two
    versions with the same data sets have them for all metrics.
    """
    remedy = remedy_of(gate)
    kind = TOUCHED.get(remedy.act, "")
    names = remedy.names if kind in {"check", "metric"} else ()
    return {f"{kind} {name}" for name in names} or {kind}


def words(remedy: Remedy) -> Iterable[str]:
    """Return what must stand in the sentence."""
    yield from remedy.names
    if remedy.version is not None:
        yield f"v{remedy.version}"
    if remedy.at_least is not None:
        yield "at least"
    if remedy.at_most is not None:
        yield "at most"
    if remedy.until is not None:
        yield f"{remedy.until:%d %b %Y, %H:%M}"
    for wanted in remedy.approvals:
        yield Level[wanted.level or "CAN_READ"].label
        yield from wanted.groups
