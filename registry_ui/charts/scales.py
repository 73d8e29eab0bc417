"""From data to places: ticks, downsampling, gaps. Pure numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

COLOURS = 10

Point = tuple[float, float]

_NICE = (1, 2, 2.5, 5, 10)
_SMALLEST_SPAN = 1e-12
# Beyond these, spans overflow or vanish; no metric that is worth a chart lives there.
_LARGEST, _SMALLEST = 1e300, 1e-300
_FEW_DECADES, _MOST_DECADES = 3, 6


def series_class(index: int, prefix: str = "s") -> str:
    """Return the colour class of a series; colours repeat after ten."""
    return f"{prefix}{index % COLOURS}"


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round values that enclose the two ends.

    Equal ends are widened so that one value sits between two ticks. Both ends must be
    drawable.
    """
    low, high = widened(low, high)
    rough = (high - low) / (count - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((nice * power for nice in _NICE), key=lambda nice: abs(nice - rough))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [_rounded(number * step, step) for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return the decimal logarithms of round values that enclose two others.

    Powers of ten; with 2 and 5 between them where there are few, and not each of them
    where there are many.

    Args:
        low: a decimal logarithm, as is `high`.
        high: not lower than `low`.
    """
    if high - low < _SMALLEST_SPAN:
        low, high = low - 0.5, high + 0.5
    first, last = math.floor(low), math.ceil(high)
    every = max(1, math.ceil((last - first) / _MOST_DECADES))
    decades = [float(power) for power in range(first, last + every, every)]
    if len(decades) > _FEW_DECADES:
        return decades
    between = (power + math.log10(digit) for power in decades[:-1] for digit in (2, 5))
    ticks = sorted([*decades, *between])
    below = sum(tick <= low for tick in ticks)
    above = sum(tick >= high for tick in ticks)
    return ticks[max(below - 1, 0) : len(ticks) - max(above - 1, 0)]


def smoothed(points: Sequence[Point], weight: float) -> list[Point]:
    """Return the exponential moving average of a line, corrected for its beginning.

    Each value is the mean of those up to it, where one step back counts `weight` as
    much; NaN and infinities stay as they are and count nothing. TensorBoard does the
    same.

    Args:
        points: in the order of x.
        weight: at least 0, which changes nothing, and below 1.
    """
    mean, mass = 0.0, 0.0
    found = []
    for x, y in points:
        if is_drawable(y):
            mass = weight * mass + (1 - weight)
            # The newest value's part of all; the first one's is exactly 1, so that
            # nothing is lost of the smallest numbers there are.
            part = (1 - weight) / mass
            mean = (1 - part) * mean + part * y
            found.append((x, mean))
        else:
            found.append((x, y))
    return found


def widened(low: float, high: float) -> tuple[float, float]:
    """Return the ends, moved apart where they are too close to divide by."""
    size = max(abs(low), abs(high))
    if high - low > max(size * _SMALLEST_SPAN, _SMALLEST):
        return low, high
    margin = size / 2 if size > _SMALLEST else 0.5
    return low - margin, high + margin


def is_drawable(value: float) -> bool:
    """Can a chart show it? Not NaN, nor an infinity or what is next to one."""
    return abs(value) <= _LARGEST


def format_tick(value: float) -> str:
    """Write a tick in few characters: 0.25, 1.5k, 2M, 1e-07."""
    size = abs(value)
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if factor <= size < 1e12:  # noqa: PLR2004 - beyond a thousand G
            return f"{value / factor:.4g}{unit}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def share(value: float, low: float, high: float) -> float:
    """Return where a value lies between two ends, from 0 to 1; ends must differ."""
    return (value - low) / (high - low)


def segments(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Cut a line at every point that cannot be drawn: a gap is shown as a gap."""
    segment: list[Point] = []
    for x, y in points:
        if is_drawable(x) and is_drawable(y):
            segment.append((x, y))
        elif segment:
            yield segment
            segment = []
    if segment:
        yield segment


def downsample(points: Sequence[Point], buckets: int) -> list[Point]:
    """Keep the lowest and the highest point of each bucket, in order.

    A spike in a loss curve stays visible however many points there are. First and last
    points are kept too, and so is one point that cannot be drawn of each bucket that
    has any, as that is a gap. At most 2 + 3 points a bucket remain.

    Args:
        points: in the order of x.
        buckets: how many; each spans equally many points.
    """
    if len(points) <= 2 * buckets:
        return list(points)
    kept = {0, len(points) - 1}
    size = len(points) / buckets
    for bucket in range(buckets):
        indices = range(int(bucket * size), int((bucket + 1) * size))
        drawable = [index for index in indices if is_drawable(points[index][1])]
        if len(drawable) < len(indices):
            kept.add(next(i for i in indices if not is_drawable(points[i][1])))
        if drawable:
            kept.add(min(drawable, key=lambda index: points[index][1]))
            kept.add(max(drawable, key=lambda index: points[index][1]))
    return [points[index] for index in sorted(kept)]


def _rounded(value: float, step: float) -> float:
    """Return a multiple of the step without the dust of floating point."""
    digits = 2 - math.floor(math.log10(step))
    return round(value, digits) if digits < 300 else value  # noqa: PLR2004 - float limit
