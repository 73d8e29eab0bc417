"""What a plot has around its data: grid, ticks and names of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.scales import format_tick, nice_ticks, share

_AT_EDGE, _HIGH = 0.08, 0.9
"""Within this share of a side, and above this height, a mark's name gives way."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that has a name, such as the version in Production."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The values at the four sides of a plot; opposite ones differ."""

    left: float
    right: float
    bottom: float
    top: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies, from 0 to 1, counted from the top left."""
        return share(x, self.left, self.right), 1 - share(y, self.bottom, self.top)


def horizontal_grid(ticks: Sequence[float], *, is_logarithmic: bool) -> SafeString:
    """Draw a line and its value for each tick of the upright axis.

    Args:
        ticks: in order; the ends of the axis among them.
        is_logarithmic: are they decimal logarithms of what is to be written?
    """
    return format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>'
        '<text class="tick y" x="-8" y="{0}%">{1}</text>',
        (
            (
                f"{100 - share(tick, ticks[0], ticks[-1]) * 100:.2f}",
                format_tick(10**tick if is_logarithmic else tick),
            )
            for tick in ticks
        ),
    )


def x_ticks(left: float, right: float) -> SafeString:
    """Write round values below the plot; whole ones between whole ends, as of steps."""
    ticks = [tick for tick in nice_ticks(left, right, 6) if left <= tick <= right]
    if float(left).is_integer() and float(right).is_integer():
        ticks = [tick for tick in ticks if tick.is_integer()] or ticks
    return format_html_join(
        "",
        '<text class="tick x" x="{}%" y="100%" dy="18">{}</text>',
        (
            (f"{share(tick, left, right) * 100:.2f}", format_tick(tick))
            for tick in ticks
        ),
    )


def named_marks(marks: Sequence[Mark], frame: Frame) -> SafeString:
    """Name points; a name begins or ends at its point where it would leave the plot."""
    placed = [(*frame.place(mark.x, mark.y), mark.label) for mark in marks]
    return format_html_join(
        "",
        '<circle class="dot mark" cx="{0}%" cy="{1}%" r="4.5"/>'
        '<text class="mark-label" x="{0}%" y="{1}%" dy="{2}" data-anchor="{3}">{4}'
        "</text>",
        (
            (
                f"{x * 100:.2f}",
                f"{y * 100:.2f}",
                20 if y < 1 - _HIGH else -10,
                anchor(x),
                label,
            )
            for x, y, label in placed
        ),
    )


def anchor(x: float) -> str:
    """Return where the name of a point begins: at it, around it, or before it.

    Args:
        x: of the point, from 0 to 1.
    """
    if x < _AT_EDGE:
        return "start"
    return "end" if x > 1 - _AT_EDGE else "middle"
