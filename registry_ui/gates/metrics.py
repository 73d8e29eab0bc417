"""Gates on metrics: fixed bounds, and bounds relative to the incumbent.

What cannot be judged is insufficient, never passed: a metric that is missing or NaN, a
direction that nobody knows, data sets that differ where the rule wants the same.
"""

import math
from collections.abc import Iterable

from registry_ui.comparison import (
    Direction,
    VersionFacts,
    compare,
    format_number,
)
from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.policies import MetricRule

_NOISE = 1e-9  # as in comparisons: what differs by less is the same


def metric_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge each bound on a metric."""
    for rule in facts.policy.definition.metrics:
        yield _judge(facts, rule)


def _judge(facts: GateFacts, rule: MetricRule) -> Gate:
    name = f"Metric {rule.name}"
    value = _value(facts.candidate, rule.name)
    if value is None:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"The version's run has no number for {rule.name}.",
            f"Log {rule.name} to the version's run.",
        )
    if not rule.is_relative:
        return _fixed(name, rule, value)
    if facts.incumbent is None:
        return _without_incumbent(name, rule, value)
    return _relative(name, facts, facts.incumbent, rule, value)


def _value(version: VersionFacts | None, metric: str) -> float | None:
    value = version.metrics.get(metric) if version else None
    return None if value is None or math.isnan(value) else value


def _fixed(name: str, rule: MetricRule, value: float) -> Gate:
    shown = format_number(value)
    if rule.at_least is not None and value < rule.at_least - _noise(rule.at_least):
        bound = f"at least {format_number(rule.at_least)}"
    elif rule.at_most is not None and value > rule.at_most + _noise(rule.at_most):
        bound = f"at most {format_number(rule.at_most)}"
    else:
        return Gate(name, Verdict.PASSED, f"{shown}, {_bounds(rule)} is asked.")
    return Gate(
        name,
        Verdict.FAILED,
        f"{shown}, {bound} is asked.",
        f"Promote a version with {rule.name} {bound}.",
    )


def _bounds(rule: MetricRule) -> str:
    bounds = []
    if rule.at_least is not None:
        bounds.append(f"at least {format_number(rule.at_least)}")
    if rule.at_most is not None:
        bounds.append(f"at most {format_number(rule.at_most)}")
    return " and ".join(bounds)


def _without_incumbent(name: str, rule: MetricRule, value: float) -> Gate:
    said = f"{format_number(value)}; the target has no holder to hold it against"
    if rule.without_incumbent == "passed":
        return Gate(name, Verdict.PASSED, f"{said}, which the policy lets pass.")
    return Gate(
        name,
        Verdict.INSUFFICIENT,
        f"{said}.",
        "Let the policy's rule say without_incumbent: passed.",
    )


def _relative(
    name: str,
    facts: GateFacts,
    incumbent: VersionFacts,
    rule: MetricRule,
    value: float,
) -> Gate:
    candidate = facts.candidate
    old = _value(incumbent, rule.name)
    if candidate is None or old is None:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"The run of v{incumbent.number}, the incumbent, has no number for"
            f" {rule.name}.",
            f"Log {rule.name} to the run of v{incumbent.number}.",
        )
    if gap := _data_gap(candidate, incumbent, rule):
        return Gate(name, Verdict.INSUFFICIENT, *gap)
    direction = Direction(rule.direction or candidate.choices.direction_of(rule.name))
    if direction is Direction.UNKNOWN:
        return Gate(
            name,
            Verdict.INSUFFICIENT,
            f"Nobody has said which way {rule.name} is better.",
            "Choose its direction on the model's page, or in the policy's rule.",
        )
    return _held_against(name, rule, value, old, direction, incumbent.number)


def _data_gap(
    candidate: VersionFacts, incumbent: VersionFacts, rule: MetricRule
) -> tuple[str, str] | None:
    """Say why the two do not compare, and what would mend it; None if they do."""
    if not rule.same_data:
        return None
    is_same = compare([incumbent, candidate]).datasets.is_comparable[1]
    if is_same:
        return None
    what = "name other data sets" if is_same is False else "do not both name data sets"
    return (
        f"The runs of v{incumbent.number} and v{candidate.number} {what}, so"
        f" {rule.name} does not compare.",
        "Evaluate both on the same data set and log it as an input of their runs.",
    )


def _held_against(
    name: str,
    rule: MetricRule,
    value: float,
    old: float,
    direction: Direction,
    incumbent: int,
) -> Gate:
    allowed = rule.tolerance
    if allowed is None:
        allowed = abs(old) * (rule.relative_tolerance or 0.0)
    is_higher = direction is Direction.HIGHER
    bound = old - allowed if is_higher else old + allowed
    is_met = (
        value >= bound - _noise(bound) if is_higher else value <= bound + _noise(bound)
    )
    words = f"at {'least' if is_higher else 'most'} {format_number(bound)}"
    said = (
        f"{format_number(value)} against {format_number(old)} of v{incumbent};"
        f" {words} is asked."
    )
    if is_met:
        return Gate(name, Verdict.PASSED, said)
    return Gate(
        name, Verdict.FAILED, said, f"Promote a version with {rule.name} {words}."
    )


def _noise(bound: float) -> float:
    return abs(bound) * _NOISE if math.isfinite(bound) else 0.0
