"""Columns: what was counted or measured in equal stretches of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.axes import horizontal_grid
from registry_ui.charts.scales import nice_ticks

_FILLED = 0.8
"""Of the width that a column may take; the rest keeps it apart from the next one."""

_LOWEST = 1.2
"""Percent of the height: what is not zero is seen."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over one place of the axis.

    Attributes:
        words: what it shows, numbers included, for who points at it.
        values: one a series; None and 0 have no bar.
        tick: written below; empty for most.
    """

    words: str
    values: Sequence[float | None]
    tick: str = ""


def columns(
    given: Sequence[Column],
    names: Sequence[str],
    colours: Sequence[str],
    *,
    chart_id: str,
    title: str,
    words: str,
    is_stacked: bool,
) -> SafeString:
    """Draw upright bars side by side; the numbers belong in a table beside them.

    Args:
        given: at least one, from left to right.
        names: of the series.
        colours: of the series: `ok`, `bad`, or a class of `series_class`.
        chart_id: unique on the page.
        title: shown above.
        words: what it shows, read aloud after the title.
        is_stacked: do the series of a column stand on each other? If not, they all
            stand on the axis, the first one in front.
    """
    ticks = _whole_ticks(max(_height(one, is_stacked=is_stacked) for one in given))
    width = 100 / len(given)
    return format_html(
        '<figure class="chart" data-chart="columns" id="{0}">'
        '<figcaption class="chart-title">{1}{2}</figcaption>'
        '<svg class="plot" role="img" aria-labelledby="{0}-title">'
        '<title id="{0}-title">{1}: {3}</title>{4}{5}</svg></figure>',
        chart_id,
        title,
        _legend(names, colours),
        words,
        horizontal_grid(ticks, is_logarithmic=False),
        format_html_join(
            "",
            '<g class="column"><title>{0}</title>'
            '<rect class="hit" x="{1}%" width="{2}%" height="100%"/>{3}{4}</g>',
            (
                (
                    one.words,
                    f"{index * width:.3f}",
                    f"{width:.3f}",
                    _bars(one, index * width, width, ticks[-1], colours, is_stacked),
                    _tick(one.tick, (index + 0.5) * width),
                )
                for index, one in enumerate(given)
            ),
        ),
    )


def _height(one: Column, *, is_stacked: bool) -> float:
    known = [value for value in one.values if value]
    return sum(known) if is_stacked else max(known, default=0)


def _whole_ticks(highest: float) -> list[float]:
    """Return round whole values from 0 to one that is not lower than the highest."""
    ticks = [t for t in nice_ticks(0, max(highest, 1)) if t >= 0 and t.is_integer()]
    if ticks[-1] < highest:
        ticks.append(2 * ticks[-1] - ticks[-2])
    return ticks


def _bars(
    one: Column,
    left: float,
    width: float,
    top: float,
    colours: Sequence[str],
    is_stacked: bool,
) -> SafeString:
    """Draw the bars of a column; what stands on the axis alone is drawn from behind."""
    bars = []
    base = 0.0
    for value, colour in zip(one.values, colours, strict=True):
        if not value:
            continue
        height = max(value / top * 100, _LOWEST)
        bars.append((colour, height, max(100 - base - height, 0)))
        if is_stacked:
            base += height
    return format_html_join(
        "",
        '<rect class="bar {}" x="{}%" width="{}%" y="{}%" height="{}%"/>',
        (
            (
                colour,
                f"{left + width * (1 - _FILLED) / 2:.3f}",
                f"{width * _FILLED:.3f}",
                f"{y:.2f}",
                f"{height:.2f}",
            )
            for colour, height, y in (bars if is_stacked else bars[::-1])
        ),
    )


def _tick(text: str, middle: float) -> SafeString:
    if not text:
        return SafeString("")
    return format_html(
        '<text class="tick x" x="{}%" y="100%" dy="18">{}</text>', f"{middle:.2f}", text
    )


def _legend(names: Sequence[str], colours: Sequence[str]) -> SafeString:
    return format_html(
        '<span class="legend">{}</span>',
        format_html_join(
            "",
            '<span class="key {}">{}</span>',
            zip(colours, names, strict=True),
        ),
    )
