"""Ticks and downsampling, for any numbers that a metric can be."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry_ui.charts import downsample, nice_ticks, smoothed
from registry_ui.charts.scales import (
    format_tick,
    log_ticks,
    segments,
    share,
    widened,
)

finite = st.floats(-1e300, 1e300)
anything = finite | st.sampled_from([math.nan, math.inf, -math.inf])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.61, 0.94, [0.6, 0.7, 0.8, 0.9, 1.0]),
        (0, 399, [0, 100, 200, 300, 400]),
        (-3, 3, [-3, -2, -1, 0, 1, 2, 3]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == ticks


@given(finite, finite)
def test_ticks_enclose_the_values_and_rise(one: float, other: float) -> None:
    low, high = sorted((one, other))

    ticks = nice_ticks(low, high)

    assert 2 <= len(ticks) <= 12
    assert ticks == sorted(set(ticks))
    slack = (ticks[-1] - ticks[0]) * 1e-6
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack


@given(finite, finite)
def test_ends_that_are_equal_are_moved_apart(one: float, other: float) -> None:
    low, high = widened(*sorted((one, other)))

    assert low < high
    assert share(low, low, high) == 0
    assert share(high, low, high) == pytest.approx(1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.25"), (1500, "1.5k"), (2e6, "2M"), (1e-7, "1e\u221207"), (0, "0")],
)
def test_ticks_are_written_short(value: float, text: str) -> None:
    assert format_tick(value) == text


points = st.lists(anything, max_size=300).map(
    lambda ys: [(float(x), y) for x, y in enumerate(ys)]
)


@given(points, st.integers(1, 20))
def test_downsampling_keeps_extremes_ends_and_order(
    whole: list[tuple[float, float]], buckets: int
) -> None:
    kept = downsample(whole, buckets)

    assert len(kept) <= 3 * buckets + 2
    assert [x for x, _ in kept] == sorted({x for x, _ in kept})
    ys = [y for _, y in whole if math.isfinite(y)]
    if ys:
        kept_ys = [y for _, y in kept if math.isfinite(y)]
        assert (min(kept_ys), max(kept_ys)) == (min(ys), max(ys))
    if whole:
        assert (kept[0], kept[-1]) == (whole[0], whole[-1])
    has_gap = any(not math.isfinite(y) for _, y in whole)
    assert has_gap == any(not math.isfinite(y) for _, y in kept)


def test_a_spike_among_100_000_points_stays_visible() -> None:
    whole = [(float(x), 0.5) for x in range(100_000)]
    whole[77_777] = (77_777.0, 9.0)

    assert (77_777.0, 9.0) in downsample(whole, 240)


def test_a_line_is_cut_where_it_has_no_number() -> None:
    nan = math.nan

    pieces = list(segments([(0, nan), (1, 1), (2, 2), (3, nan), (4, 4), (5, math.inf)]))

    assert pieces == [[(1, 1), (2, 2)], [(4, 4)]]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.02, 0.9, [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]),
        (0.3, 0.4, [0.2, 0.5]),
        (1e-5, 1.0, [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0]),
        (1e-12, 1.0, [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_round(
    low: float, high: float, ticks: list[float]
) -> None:
    found = [10**tick for tick in log_ticks(math.log10(low), math.log10(high))]

    assert found == pytest.approx(ticks)


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_ticks_of_a_logarithmic_axis_enclose_the_values(
    one: float, other: float
) -> None:
    low, high = sorted((one, other))
    ticks = log_ticks(low, high)

    assert ticks == sorted(set(ticks))
    assert ticks[0] <= low
    assert high <= ticks[-1]
    assert 2 <= len(ticks) <= 10


def test_smoothing_follows_the_values_and_keeps_gaps() -> None:
    points = [(0.0, 1.0), (1.0, math.nan), (2.0, 2.0), (3.0, 2.0)]

    (_, first), (_, gap), (_, third), (_, last) = smoothed(points, 0.5)

    assert first == 1.0  # corrected for its beginning
    assert math.isnan(gap)
    assert third == pytest.approx((1 * 0.25 + 2 * 0.5) / 0.75)
    assert third < last < 2.0
    assert smoothed(points[::2], 0) == points[::2]


@example([5e-324], 0.6)
@example([-5e-324, -5e-324], 0.9)
@given(st.lists(finite), st.sampled_from([0.6, 0.9]))
def test_smoothing_stays_between_the_extremes(
    values: list[float], weight: float
) -> None:
    found = [y for _, y in smoothed([(0.0, value) for value in values], weight)]

    for value in found:
        assert min(values) - abs(min(values)) * 1e-9 <= value
        assert value <= max(values) + abs(max(values)) * 1e-9
