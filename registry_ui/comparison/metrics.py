"""Metrics side by side: values, changes, and whether they are for the better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from registry_ui.comparison.directions import Direction, MetricChoices
from registry_ui.comparison.facts import VersionFacts

# Two runs of the same arithmetic differ in the last bits; nobody decides by those.
_RELATIVE_TOLERANCE = 1e-9


class Verdict(StrEnum):
    """What a metric's change means, as far as its direction is known."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MetricCell:
    """One version's value of a metric.

    `value` is None where the version lacks the metric. `change` is value minus
    baseline and `relative` is that by the baseline's size; each is None where it is no
    finite number. The baseline's own cell has a change of 0.
    """

    value: float | None
    change: float | None
    relative: float | None
    verdict: Verdict

    @property
    def is_missing(self) -> bool:
        """Has this version no such metric?"""
        return self.value is None

    @property
    def is_nan(self) -> bool:
        """Is it there, but not a number?"""
        return self.value is not None and math.isnan(self.value)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric, one cell a version.

    `is_chosen` says that people chose the direction.
    """

    name: str
    direction: Direction
    is_chosen: bool
    cells: tuple[MetricCell, ...]
    is_different: bool


def compare_metrics(
    versions: Sequence[VersionFacts], *, baseline: int
) -> tuple[MetricRow, ...]:
    """Lay the metrics of all versions side by side: one row a name, sorted.

    Of several models, that of the baseline says which way a metric is better.
    """
    names = sorted({name for version in versions for name in version.metrics})
    choices = versions[baseline].choices
    return tuple(
        _row(
            name,
            [version.metrics.get(name) for version in versions],
            baseline,
            choices,
        )
        for name in names
    )


def judge(before: float | None, after: float | None, direction: Direction) -> Verdict:
    """Say what a change means; unknown where a side is missing, NaN or undirected."""
    if before is None or after is None or math.isnan(before) or math.isnan(after):
        return Verdict.UNKNOWN
    if _is_same(before, after):
        return Verdict.SAME
    if direction is Direction.UNKNOWN:
        return Verdict.UNKNOWN
    is_better = (after > before) == (direction is Direction.HIGHER)
    return Verdict.BETTER if is_better else Verdict.WORSE


def _row(
    name: str, values: list[float | None], baseline: int, choices: MetricChoices
) -> MetricRow:
    direction = choices.direction_of(name)
    before = values[baseline]
    return MetricRow(
        name,
        direction,
        name in choices.directions,
        tuple(_cell(before, value, direction) for value in values),
        any(not _is_same(before, value) for value in values),
    )


def _cell(
    before: float | None, after: float | None, direction: Direction
) -> MetricCell:
    change = relative = None
    if before is not None and after is not None:
        change = _finite(after - before)
        if change is not None and before:
            relative = _finite(change / abs(before))
    return MetricCell(after, change, relative, judge(before, after, direction))


def _is_same(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    if math.isnan(before) or math.isnan(after):
        return math.isnan(before) and math.isnan(after)
    return math.isclose(before, after, rel_tol=_RELATIVE_TOLERANCE)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
