"""A box plot: where most values of a kind lie, and where some of them stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.axes import anchor
from registry_ui.charts.scales import is_drawable, share, widened

FEWEST = 4
_ABOVE, _BELOW = -20, 30
"""Where a name stands to the middle of the box, in pixels."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Five numbers about some values: the ends, the quarters, the middle."""

    count: int
    lowest: float
    lower: float
    median: float
    upper: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Return it; None for fewer than four values, which have no quarters."""
        known = [value for value in values if is_drawable(value)]
        if len(known) < FEWEST:
            return None
        lower, median, upper = quantiles(known, n=4, method="inclusive")
        return cls(len(known), min(known), lower, median, upper, max(known))


def box(
    spread: Spread, points: Sequence[tuple[str, float]], *, label: str
) -> SafeString:
    """Draw a box from quarter to quarter, with whiskers to the ends and some points.

    Args:
        spread: its numbers must stand beside the picture as text.
        points: names and values of those to point out; they may lie outside.
        label: read aloud instead of the picture.
    """
    shown = [(name, value) for name, value in points if is_drawable(value)]
    values = [value for _, value in shown]
    ends = widened(min([spread.lowest, *values]), max([spread.highest, *values]))

    def place(value: float) -> float:
        return share(value, *ends)

    def at(value: float) -> str:
        return f"{place(value) * 100:.2f}%"

    return format_html(
        '<svg class="box-plot" role="img" aria-label="{}">'
        '<line class="whisker" x1="{}" x2="{}" y1="50%" y2="50%"/>'
        '<rect class="box" x="{}" width="{}%" y="34%" height="32%" rx="3"/>'
        '<line class="median" x1="{}" x2="{}" y1="34%" y2="66%"/>{}</svg>',
        label,
        at(spread.lowest),
        at(spread.highest),
        at(spread.lower),
        f"{(place(spread.upper) - place(spread.lower)) * 100:.2f}",
        at(spread.median),
        at(spread.median),
        format_html_join(
            "",
            '<circle class="dot mark" cx="{0}" cy="50%" r="5"/>'
            '<text class="mark-label" x="{0}" y="50%" dy="{1}" data-anchor="{2}">{3}'
            "</text>",
            # Above and below in turn, since what serves often lies close together.
            (
                (at(value), _BELOW if index % 2 else _ABOVE, anchor(place(value)), name)
                for index, (name, value) in enumerate(shown)
            ),
        ),
    )
