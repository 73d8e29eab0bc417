"""Metrics side by side."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import Direction, MetricRow, Verdict, compare, judge
from tests.registry_ui.comparison.facts import make_facts

NAN, INF = math.nan, math.inf


def row_of(before: float | None, after: float | None, name: str = "auc") -> MetricRow:
    """Compare one metric; None where a version lacks it."""
    versions = [
        make_facts(number, metrics={} if value is None else {name: value})
        for number, value in enumerate((before, after))
    ]
    return compare(versions).metrics[0]


@pytest.mark.parametrize(
    ("name", "before", "after", "verdict"),
    [
        ("auc", 0.90, 0.91, Verdict.BETTER),
        ("auc", 0.91, 0.90, Verdict.WORSE),
        ("loss", 0.30, 0.20, Verdict.BETTER),
        ("loss", 0.20, 0.30, Verdict.WORSE),
        ("alpha", 0.20, 0.30, Verdict.UNKNOWN),
        ("alpha", 0.20, 0.20, Verdict.SAME),
        ("auc", 0.1 + 0.2, 0.3, Verdict.SAME),
        ("auc", 0.9, NAN, Verdict.UNKNOWN),
        ("auc", NAN, 0.9, Verdict.UNKNOWN),
        ("auc", NAN, NAN, Verdict.UNKNOWN),
        ("auc", 0.9, None, Verdict.UNKNOWN),
        ("auc", None, 0.9, Verdict.UNKNOWN),
        ("loss", 0.9, INF, Verdict.WORSE),
        ("loss", INF, 0.9, Verdict.BETTER),
        ("loss", INF, INF, Verdict.SAME),
        ("auc", 0.0, -0.0, Verdict.SAME),
    ],
)
def test_a_change_is_judged_by_the_direction(
    name: str, before: float | None, after: float | None, verdict: Verdict
) -> None:
    assert row_of(before, after, name).cells[1].verdict is verdict


def test_changes_are_relative_to_the_size_of_the_baseline() -> None:
    cell = row_of(-2.0, -1.0).cells[1]

    assert (cell.change, cell.relative) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("before", "after"), [(None, 1.0), (1.0, NAN), (INF, INF), (-1e308, 1e308)]
)
def test_a_change_that_is_no_finite_number_is_none(
    before: float | None, after: float | None
) -> None:
    cell = row_of(before, after).cells[1]

    assert cell.change is None
    assert cell.relative is None


def test_nothing_is_relative_to_zero() -> None:
    cell = row_of(0.0, 1.0).cells[1]

    assert (cell.change, cell.relative) == (1.0, None)


@pytest.mark.parametrize(
    ("before", "after", "is_different"),
    [
        (NAN, NAN, False),
        (NAN, 1.0, True),
        (None, NAN, True),
        (INF, -INF, True),
        (1.0, 1.0 + 1e-15, False),
        (1.0, 1.0 + 1e-6, True),
    ],
)
def test_a_row_says_whether_it_differs(
    before: float | None, after: float | None, *, is_different: bool
) -> None:
    assert row_of(before, after).is_different is is_different


@given(st.floats(), st.floats(), st.sampled_from(Direction))
def test_swapping_sides_swaps_the_verdict(
    before: float, after: float, direction: Direction
) -> None:
    mirrored = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    verdict = judge(before, after, direction)

    assert judge(after, before, direction) is mirrored.get(verdict, verdict)


@given(st.floats(), st.floats())
def test_swapping_sides_negates_the_change(before: float, after: float) -> None:
    there = row_of(before, after).cells[1].change
    back = row_of(after, before).cells[1].change

    assert there == (None if back is None else -back)
