"""Scatter: one quantity against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.axes import Frame, Mark, horizontal_grid, named_marks, x_ticks
from registry_ui.charts.scales import is_drawable, nice_ticks, widened
from registry_ui.comparison.numbers import format_number

_MARGIN = 0.04
"""Of the width, left free at both sides, so that no dot lies on the edge."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point, what it is called, and whether its name stands in the picture."""

    x: float
    y: float
    label: str
    is_named: bool = False

    @property
    def is_drawable(self) -> bool:
        """Is it neither NaN nor infinite in any direction?"""
        return is_drawable(self.x) and is_drawable(self.y)


def scatter(
    dots: Sequence[Dot], *, chart_id: str, x_label: str, y_label: str
) -> SafeString:
    """Draw points; each says its name and its two numbers to who points at it.

    Args:
        dots: those that cannot be drawn are left out; "" where none can.
        chart_id: unique on the page.
        x_label: what lies on the axis below.
        y_label: what the upright axis has.
    """
    drawn = [dot for dot in dots if dot.is_drawable]
    if not drawn:
        return SafeString("")
    low, high = widened(min(dot.x for dot in drawn), max(dot.x for dot in drawn))
    margin = (high - low) * _MARGIN
    left, right = low - margin, high + margin
    ticks = nice_ticks(min(dot.y for dot in drawn), max(dot.y for dot in drawn))
    frame = Frame(left, right, ticks[0], ticks[-1])
    return format_html(
        '<figure class="chart" data-chart="scatter" id="{0}">'
        '<figcaption class="chart-title">{1}</figcaption>'
        '<svg class="plot" role="img" aria-labelledby="{0}-title">'
        '<title id="{0}-title">{1}, {2} points</title>{3}{4}{5}{6}</svg></figure>',
        chart_id,
        f"{y_label} against {x_label}",
        len(drawn),
        horizontal_grid(ticks, is_logarithmic=False),
        x_ticks(left, right),
        _dots(drawn, frame, x_label, y_label),
        named_marks(
            [Mark(dot.x, dot.y, dot.label) for dot in drawn if dot.is_named], frame
        ),
    )


def _dots(dots: Sequence[Dot], frame: Frame, x_label: str, y_label: str) -> SafeString:
    return format_html_join(
        "",
        '<circle class="dot s1" cx="{}%" cy="{}%" r="4.5"><title>{}</title></circle>',
        (
            (
                *(f"{at * 100:.2f}" for at in frame.place(dot.x, dot.y)),
                f"{dot.label}: {x_label} {format_number(dot.x)},"
                f" {y_label} {format_number(dot.y)}",
            )
            for dot in dots
        ),
    )
