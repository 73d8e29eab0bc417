"""Gates on metrics: fixed bounds, and bounds relative to the incumbent.

What cannot be judged is insufficient, never passed: a metric that is missing or NaN, a
direction that nobody knows, data sets that differ where the rule wants the same.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from registry_ui.comparison import (
    MINUS,
    Direction,
    VersionFacts,
    compare,
    format_number,
)
from registry_ui.gates.facts import Gate, GateFacts, Verdict
from registry_ui.gates.remedies import Act, Remedy
from registry_ui.policies import MetricRule

_NOISE = 1e-9  # as in comparisons: what differs by less is the same


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a number must lie between; without bounds any number will do.

    Attributes:
        least, most: both included.
        scale: size of what they were computed from, on which their noise depends.
        origin: between the number and the bounds in a sentence.
    """

    least: float | None = None
    most: float | None = None
    scale: float = 0.0
    origin: str = ","

    def __str__(self) -> str:
        """Return words: `at least 0.8 and at most 0.9`."""
        pairs = (("at least", self.least), ("at most", self.most))
        return " and ".join(
            f"{words} {_written(bound)}" for words, bound in pairs if bound is not None
        )

    def admit(self, value: float) -> bool:
        """Does the number lie between them?"""
        least, most = self.least, self.most
        return (least is None or value >= least - self._noise(least)) and (
            most is None or value <= most + self._noise(most)
        )

    def _noise(self, bound: float) -> float:
        return max(abs(bound), self.scale) * _NOISE if math.isfinite(bound) else 0.0


def metric_gates(facts: GateFacts) -> Iterable[Gate]:
    """Judge each bound on a metric."""
    for rule in facts.policy.definition.metrics:
        yield _judge(facts, rule)


def _judge(facts: GateFacts, rule: MetricRule) -> Gate:
    if not rule.is_relative:
        return _held_against(facts, rule, _Bounds(rule.at_least, rule.at_most))
    if facts.incumbent is not None:
        return _relative(facts, facts.incumbent, rule)
    if rule.without_incumbent == "passed":
        return _held_against(facts, rule, _Bounds())
    return _insufficient(
        rule,
        "The target has no holder to hold it against.",
        Act.CHANGE_POLICY,
        f"Let the policy's rule on {rule.name} say without_incumbent: passed.",
    )


def _relative(facts: GateFacts, incumbent: VersionFacts, rule: MetricRule) -> Gate:
    name, number = rule.name, incumbent.number
    old = _value(incumbent, name)
    if old is None:
        return _insufficient(
            rule,
            f"The run of v{number}, the incumbent, has no number for {name}.",
            Act.LOG_METRIC,
            f"Log {name} to the run of v{number}.",
            version=number,
        )
    candidate = facts.candidate
    if rule.same_data and (gap := _data_gap(candidate, incumbent)):
        return _insufficient(
            rule,
            f"The runs of the version and of v{number} {gap}, so {name} does not"
            " compare.",
            Act.LOG_DATA_SETS,
            f"Evaluate {name} of both on the same data set, and log that as an input of"
            " their runs.",
        )
    choices = candidate.choices if candidate else incumbent.choices
    direction = Direction(rule.direction or choices.direction_of(name))
    if direction is Direction.UNKNOWN:
        return _insufficient(
            rule,
            f"Nobody has said which way {name} is better.",
            Act.CHOOSE_DIRECTION,
            f"Choose {name}'s direction on the model's page or in the policy's rule.",
        )
    origin = f" against {_written(old)} of v{number};"
    return _held_against(facts, rule, _around(old, rule, direction, origin))


def _insufficient(
    rule: MetricRule, explanation: str, act: Act, text: str, version: int | None = None
) -> Gate:
    remedy = Remedy(act=act, text=text, names=(rule.name,), version=version)
    return Gate(f"Metric {rule.name}", Verdict.INSUFFICIENT, explanation, remedy)


def _data_gap(candidate: VersionFacts | None, incumbent: VersionFacts) -> str:
    """Say why their data sets do not compare; empty if they do."""
    is_same = None
    if candidate is not None:
        is_same = compare([incumbent, candidate]).datasets.is_comparable[1]
    if is_same:
        return ""
    return "name other data sets" if is_same is False else "do not both name data sets"


def _around(old: float, rule: MetricRule, direction: Direction, origin: str) -> _Bounds:
    """Return the bound that lies by the tolerance on the worse side of a number."""
    allowed = rule.tolerance
    if allowed is None:
        allowed = abs(old) * (rule.relative_tolerance or 0.0)
    if math.isinf(old):  # nothing is a share of it
        allowed = 0.0
    if direction is Direction.HIGHER:
        return _Bounds(least=old - allowed, scale=abs(old), origin=origin)
    return _Bounds(most=old + allowed, scale=abs(old), origin=origin)


def _held_against(facts: GateFacts, rule: MetricRule, bounds: _Bounds) -> Gate:
    metric, asked = rule.name, str(bounds)
    name, value = f"Metric {metric}", _value(facts.candidate, metric)
    if value is None:
        verdict, act = Verdict.INSUFFICIENT, Act.LOG_METRIC
        said = f"The version's run has no number for {metric}."
        text = f"Log {metric} to the version's run{asked and f', {asked}'}."
    elif not asked:
        said = "the target has no holder to hold it against, which the policy lets pass"
        return Gate(name, Verdict.PASSED, f"{_written(value)}; {said}.")
    else:
        said = f"{_written(value)}{bounds.origin} {asked} is asked."
        if bounds.admit(value):
            return Gate(name, Verdict.PASSED, said)
        verdict, act = Verdict.FAILED, Act.OTHER_VERSION
        text = f"Promote a version with {metric} {asked}."
    remedy = Remedy(
        act=act,
        text=text,
        names=(metric,),
        at_least=bounds.least,
        at_most=bounds.most,
    )
    return Gate(name, verdict, said, remedy)


def _value(version: VersionFacts | None, metric: str) -> float | None:
    value = version.metrics.get(metric) if version else None
    return None if value is None or math.isnan(value) else value


def _written(number: float) -> str:
    """Write a number so that nobody takes it for another one that is judged otherwise.

    With five digits, 0.876543 would not be at least 0.87654.
    """
    short = math.isinf(number) or math.isclose(float(f"{number:.5g}"), number)
    return format_number(number) if short else f"{number:.12g}".replace("-", MINUS)
