"""Lines: a metric by step, and the same in a table cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from registry_ui.charts.scales import (
    Point,
    downsample,
    format_tick,
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


def line(
    series: Sequence[Series],
    *,
    chart_id: str,
    title: str,
    x_label: str = "step",
    first_colour: int = 0,
) -> SafeString:
    """Draw lines over a common axis, each cut to what a screen can show.

    Args:
        series: up to ten have colours of their own, in this order.
        chart_id: unique on the page; letters, digits and hyphens.
        title: shown above; part of what is read aloud.
        x_label: what the steps are, for the tooltip.
        first_colour: of the first series; 0 is grey, that of a baseline.
    """
    reduced = [Series(one.name, downsample(one.points, _BUCKETS)) for one in series]
    drawn = [point for one in reduced for point in one.drawn]
    frame = (chart_id, title, first_colour)
    plot = _plot(reduced, drawn, *frame) if drawn else _nothing()
    return format_html(
        '<figure class="chart" data-chart="line" id="{}">'
        '<figcaption class="chart-title">{}{}</figcaption>{}{}</figure>',
        chart_id,
        title,
        # What one line shows is said by the title.
        legend([one.name for one in series]) if len(series) > 1 else "",
        plot,
        _tooltip(reduced, drawn, x_label, first_colour) if drawn else "",
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


def _plot(
    series: Sequence[Series],
    drawn: Sequence[Point],
    chart_id: str,
    title: str,
    first_colour: int,
) -> SafeString:
    left, right = _extent(drawn)
    ticks = nice_ticks(min(y for _, y in drawn), max(y for _, y in drawn))
    bottom, top = ticks[0], ticks[-1]
    frame = (left, right, bottom, top)
    return format_html(
        '<svg class="plot" role="img" aria-labelledby="{}-title">'
        '<title id="{}-title">{}: {}</title>{}{}'
        '<svg class="data" viewBox="0 0 1000 1000" preserveAspectRatio="none">{}</svg>'
        '{}<line class="cross" x1="0" x2="0" y1="0" y2="100%"/></svg>',
        chart_id,
        chart_id,
        title,
        "; ".join(map(_in_words, series)),
        _horizontal_grid(ticks),
        _x_ticks(left, right),
        format_html_join(
            "",
            '<path class="series {}" d="{}"/>',
            (
                (series_class(index), path)
                for index, one in enumerate(series, first_colour)
                if (path := _series_path(one, frame))
            ),
        ),
        format_html_join(
            "",
            '<circle class="dot {}" cx="{}%" cy="{}%" r="3.5"/>',
            (
                (
                    series_class(index),
                    f"{share(one.drawn[-1][0], left, right) * 100:.2f}",
                    f"{100 - share(one.drawn[-1][1], bottom, top) * 100:.2f}",
                )
                for index, one in enumerate(series, first_colour)
                if one.drawn
            ),
        ),
    )


def _extent(points: Sequence[Point]) -> tuple[float, float]:
    return widened(min(x for x, _ in points), max(x for x, _ in points))


def _horizontal_grid(ticks: Sequence[float]) -> SafeString:
    return format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>'
        '<text class="tick y" x="-8" y="{0}%">{1}</text>',
        (
            (f"{100 - share(tick, ticks[0], ticks[-1]) * 100:.2f}", format_tick(tick))
            for tick in ticks
        ),
    )


def _x_ticks(left: float, right: float) -> SafeString:
    return format_html_join(
        "",
        '<text class="tick x" x="{}%" y="100%" dy="18">{}</text>',
        (
            (f"{share(tick, left, right) * 100:.2f}", format_tick(tick))
            for tick in nice_ticks(left, right, 6)
            if left <= tick <= right
        ),
    )


def _series_path(one: Series, frame: tuple[float, float, float, float]) -> str:
    left, right, bottom, top = frame
    return " ".join(
        _path(
            [
                (share(x, left, right) * _EDGE, (1 - share(y, bottom, top)) * _EDGE)
                for x, y in segment
            ]
        )
        for segment in segments(one.points)
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


def _tooltip(
    series: Sequence[Series], drawn: Sequence[Point], x_label: str, first_colour: int
) -> SafeString:
    """Write the points for the pointer's read-out, as a data block."""
    data = {
        "x": _extent(drawn),
        "label": x_label,
        "colour": first_colour,
        "series": [{"n": one.name, "p": one.drawn} for one in series],
    }
    # Escaped as Django's json_script does, so that no name can end the block.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character, escaped in (("<", r"\u003C"), (">", r"\u003E"), ("&", r"\u0026")):
        text = text.replace(character, escaped)
    return format_html(
        '<script type="application/json">{}</script><div class="tip" hidden></div>',
        mark_safe(text),  # noqa: S308 - escaped above
    )
