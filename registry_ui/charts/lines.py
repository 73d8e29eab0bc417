"""Lines: a metric by step, and the same in a table cell."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.axes import Frame, Mark, horizontal_grid, named_marks, x_ticks
from registry_ui.charts.scales import (
    Point,
    downsample,
    is_drawable,
    log_ticks,
    nice_ticks,
    segments,
    series_class,
    share,
    widened,
)
from registry_ui.comparison.numbers import format_number

_BUCKETS = 240  # two points each: as many as a wide screen can show
_SPARK_BUCKETS = 36
_EDGE = 1000  # the stretched drawing is this wide and high


@dataclass(frozen=True, slots=True)
class Series:
    """One line: points in the order of x; NaN and infinities are gaps."""

    name: str
    points: Sequence[Point]

    @property
    def drawn(self) -> list[Point]:
        """Return the points that can be drawn."""
        return [point for segment in segments(self.points) for point in segment]

    def in_logarithms(self) -> Series:
        """Return the same with decimal logarithms; a gap where there is none."""
        points = [(x, math.log10(y) if y > 0 else math.nan) for x, y in self.points]
        return Series(self.name, points)

    def positive(self) -> Series:
        """Return the same with a gap for all that has no logarithm."""
        return Series(
            self.name, [(x, y if y > 0 else math.nan) for x, y in self.points]
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """All that a plot is but its lines; `words` say what it shows."""

    chart_id: str
    words: str
    first_colour: int
    is_logarithmic: bool
    marks: Sequence[Mark]


def line(
    series: Sequence[Series],
    *,
    chart_id: str,
    title: str,
    x_label: str = "step",
    first_colour: int = 0,
    is_logarithmic: bool = False,
    marks: Sequence[Mark] = (),
) -> SafeString:
    """Draw lines over a common axis, each cut to what a screen can show.

    Args:
        series: up to ten have colours of their own, in this order.
        chart_id: unique on the page; letters, digits and hyphens.
        title: shown above; part of what is read aloud.
        x_label: what the steps are, for the tooltip.
        first_colour: of the first series; 0 is grey, that of a baseline.
        is_logarithmic: is the upright axis? What is not positive is a gap then.
        marks: points to name, on a linear axis; what cannot be drawn is left out.
    """
    reduced = [Series(one.name, downsample(one.points, _BUCKETS)) for one in series]
    placed = reduced
    if is_logarithmic:
        reduced = [one.positive() for one in reduced]
        placed = [one.in_logarithms() for one in reduced]
    drawn = [point for one in placed for point in one.drawn]
    words = f"{title}: {'; '.join(map(_in_words, reduced))}"
    named = [mark for mark in marks if is_drawable(mark.y)]
    look = _Look(chart_id, words, first_colour, is_logarithmic, named)
    plot = _plot(placed, drawn, look) if drawn else _nothing()
    return format_html(
        '<figure class="chart" data-chart="line" id="{}" data-points="{}" tabindex="0">'
        '<figcaption class="chart-title">{}{}</figcaption>{}'
        '<div class="tip" role="status" hidden></div></figure>',
        chart_id,
        _read_out(reduced, drawn, x_label, first_colour) if drawn else "",
        title,
        # What one line shows is said by the title.
        legend([one.name for one in series]) if len(series) > 1 else "",
        plot,
    )


def spark(values: Sequence[float | None], *, label: str = "") -> SafeString:
    """Draw a small line for a table cell, with a dot where it ends; "" without values.

    Args:
        values: in order; None, NaN and infinities are gaps.
        label: read aloud instead of the picture; without one the picture is decoration
            and the number must stand beside it.
    """
    points = [
        (float(index), float("nan") if value is None else value)
        for index, value in enumerate(values)
    ]
    pieces = list(segments(downsample(points, _SPARK_BUCKETS)))
    if not pieces:
        return SafeString("")
    ys = [y for piece in pieces for _, y in piece]
    low, high = widened(min(ys), max(ys))
    last = max(len(points) - 1, 1)
    places = [
        [(x / last * 100, 22 - share(y, low, high) * 20) for x, y in piece]
        for piece in pieces
    ]
    accessible = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" {}>'
        '<path class="series s1" d="{}"/></svg>',
        accessible,
        " ".join(map(_path, places)),
    )


def legend(names: Sequence[str]) -> SafeString:
    """Name each series beside its colour."""
    return format_html(
        '<span class="legend">{}</span>',
        format_html_join(
            "",
            '<span class="key {}">{}</span>',
            ((series_class(index, "k"), name) for index, name in enumerate(names)),
        ),
    )


def _plot(series: Sequence[Series], drawn: Sequence[Point], look: _Look) -> SafeString:
    left, right = _extent(drawn)
    ends = min(y for _, y in drawn), max(y for _, y in drawn)
    ticks = log_ticks(*ends) if look.is_logarithmic else nice_ticks(*ends)
    bottom, top = ticks[0], ticks[-1]
    frame = Frame(left, right, bottom, top)
    return format_html(
        '<svg class="plot" role="img" aria-labelledby="{}-title">'
        '<title id="{}-title">{}</title>{}{}'
        '<svg class="data" viewBox="0 0 1000 1000" preserveAspectRatio="none">{}</svg>'
        '{}{}<line class="cross" x1="0" x2="0" y1="0" y2="100%"/></svg>',
        look.chart_id,
        look.chart_id,
        look.words,
        horizontal_grid(ticks, is_logarithmic=look.is_logarithmic),
        x_ticks(left, right),
        format_html_join(
            "",
            '<path class="series {}" d="{}"/>',
            (
                (series_class(index), path)
                for index, one in enumerate(series, look.first_colour)
                if (path := _series_path(one, frame))
            ),
        ),
        format_html_join(
            "",
            '<circle class="dot {}" cx="{}%" cy="{}%" r="3.5"/>',
            (
                (
                    series_class(index),
                    *(f"{at * 100:.2f}" for at in frame.place(*one.drawn[-1])),
                )
                for index, one in enumerate(series, look.first_colour)
                if one.drawn
            ),
        ),
        named_marks(look.marks, frame),
    )


def _extent(points: Sequence[Point]) -> tuple[float, float]:
    return widened(min(x for x, _ in points), max(x for x, _ in points))


def _series_path(one: Series, frame: Frame) -> str:
    placed = ([frame.place(x, y) for x, y in piece] for piece in segments(one.points))
    return " ".join(
        _path([(x * _EDGE, y * _EDGE) for x, y in piece]) for piece in placed
    )


def _path(places: Sequence[Point]) -> str:
    """Write an SVG path; a single point is a dash, as a bare move draws nothing."""
    text = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return text if len(places) > 1 else f"{text}h2"


def _in_words(one: Series) -> str:
    drawn = one.drawn
    if not drawn:
        return f"{one.name} has no values"
    return f"{one.name} ends at {format_number(drawn[-1][1])}"


def _nothing() -> SafeString:
    return SafeString('<p class="muted">No values to draw.</p>')


def _read_out(
    series: Sequence[Series], drawn: Sequence[Point], x_label: str, first_colour: int
) -> str:
    """Return the points for the script that reads them out.

    In an attribute: htmx takes script elements out of what it swaps in.
    """
    data = {
        "x": _extent(drawn),
        "label": x_label,
        "colour": first_colour,
        "series": [{"n": one.name, "p": one.drawn} for one in series],
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False)
