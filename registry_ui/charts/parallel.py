"""Parallel coordinates: several versions over parameters and metrics at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.lines import legend
from registry_ui.charts.scales import is_drawable, series_class, share, widened
from registry_ui.comparison.numbers import format_number

_EDGE = 1000  # the stretched drawing is this wide and high
_LONGEST_NAME = 18


@dataclass(frozen=True, slots=True)
class Axis:
    """One upright axis: a value a series, None where it has none."""

    name: str
    values: Sequence[float | None]

    @property
    def is_drawable(self) -> bool:
        """Do its values differ, and can they be drawn?"""
        known = {one for one in self.values if one is not None and is_drawable(one)}
        return len(known) > 1

    @property
    def ends(self) -> tuple[float, float]:
        """Return the lowest and the highest value; there must be one."""
        known = [one for one in self.values if one is not None and is_drawable(one)]
        return min(known), max(known)

    def height(self, index: int) -> float | None:
        """Return where a series crosses it, from 0 to 1; None where it does not."""
        value = self.values[index]
        if value is None or not is_drawable(value):
            return None
        return share(value, *widened(*self.ends))


def parallel(
    axes: Sequence[Axis], names: Sequence[str], *, chart_id: str, title: str
) -> SafeString:
    """Draw a line a series over upright axes, each with its own scale.

    A line has a gap where its series has no value. The numbers are in the tables
    beside it.

    Args:
        axes: at least two, each with a value that can be drawn.
        names: of the series, in the order of their colours.
        chart_id: unique on the page.
        title: shown above; part of what is read aloud.
    """
    last = len(axes) - 1
    places = [index / last for index in range(len(axes))]
    return format_html(
        '<figure class="chart" data-chart="parallel" id="{0}" tabindex="0">'
        '<figcaption class="chart-title">{1}{2}</figcaption>'
        '<svg class="plot pc" role="img" aria-labelledby="{0}-title">'
        '<title id="{0}-title">{1}: {3}</title>{4}'
        '<svg class="data" viewBox="0 0 1000 1000" preserveAspectRatio="none">{5}</svg>'
        "</svg></figure>",
        chart_id,
        title,
        legend(names),
        ", ".join(axis.name for axis in axes),
        _axes(axes, places),
        format_html_join(
            "",
            '<path class="series {}" d="{}"/>',
            (
                (series_class(index), path)
                for index in range(len(names))
                if (path := _path(axes, places, index))
            ),
        ),
    )


def _axes(axes: Sequence[Axis], places: Sequence[float]) -> SafeString:
    drawn = []
    for axis, place in zip(axes, places, strict=True):
        low, high = map(format_number, axis.ends)
        anchor = {0.0: "start", 1.0: "end"}.get(place, "middle")
        is_long = len(axis.name) > _LONGEST_NAME
        name = f"{axis.name[: _LONGEST_NAME - 1]}…" if is_long else axis.name
        x = f"{place * 100:.2f}%"
        texts = (
            ("pc-name", "0", "-22", name),
            ("pc-val", "0", "-7", high),
            ("pc-val", "100%", "16", low),
        )
        drawn.append(
            (
                x,
                format_html_join(
                    "",
                    '<text class="tick {}" x="{}" y="{}" dy="{}" data-anchor="{}">{}'
                    "</text>",
                    ((kind, x, y, dy, anchor, text) for kind, y, dy, text in texts),
                ),
            )
        )
    return format_html_join(
        "", '<line class="grid axis" x1="{0}" x2="{0}" y1="0" y2="100%"/>{1}', drawn
    )


def _path(axes: Sequence[Axis], places: Sequence[float], index: int) -> str:
    """Return the pieces of one line; a single point between gaps draws nothing."""
    pieces: list[list[str]] = [[]]
    for axis, place in zip(axes, places, strict=True):
        height = axis.height(index)
        if height is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{place * _EDGE:.1f} {(1 - height) * _EDGE:.1f}")
    return " ".join("M" + "L".join(piece) for piece in pieces if len(piece) > 1)
