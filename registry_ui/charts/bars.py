"""Bars: final metrics side by side, and how far a metric moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts.lines import legend
from registry_ui.charts.scales import series_class
from registry_ui.comparison import Verdict, format_number

_TONES = {Verdict.BETTER: "pos", Verdict.WORSE: "neg"}


@dataclass(frozen=True, slots=True)
class BarGroup:
    """One metric: a value a series, None where it has none and so no bar."""

    label: str
    values: Sequence[float | None]


def grouped_bars(
    groups: Sequence[BarGroup], names: Sequence[str], *, chart_id: str, title: str
) -> SafeString:
    """Draw horizontal bars, each group to its own scale, with its numbers.

    Groups are scaled apart, since an AUC and a latency share no axis: the longest bar
    of a group is its largest size, so negative values are as long as positive ones.
    The numbers are text in a list, so nothing needs to be read from the picture.

    Args:
        groups: with one value a name each.
        names: of the series, in the order of their colours.
        chart_id: unique on the page.
        title: shown above.
    """
    return format_html(
        '<figure class="chart" data-chart="bars" id="{}">'
        '<figcaption class="chart-title">{}{}</figcaption>'
        '<dl class="hbars">{}</dl></figure>',
        chart_id,
        title,
        legend(names),
        format_html_join(
            "",
            "<dt>{}</dt><dd>{}</dd>",
            ((group.label, _bars(group, names)) for group in groups),
        ),
    )


def diverging_bar(
    delta: float | None, scale: float, verdict: Verdict = Verdict.UNKNOWN
) -> SafeString:
    """Draw a bar to the left or right of the middle; decoration beside its number.

    Args:
        delta: how far it moved; nothing but the middle is drawn for None and NaN.
        scale: the size that fills one half; larger ones, infinities too, fill it.
        verdict: decides the colour; the side is the caller's to choose.
    """
    bar = SafeString("")
    if delta and not math.isnan(delta):
        width = 50 * min(1.0, abs(delta) / scale) if scale > 0 else 50.0
        bar = format_html(
            '<rect class="{}" x="{}%" width="{}%" y="4" height="8" rx="2"/>',
            _TONES.get(verdict, "neutral"),
            f"{50 if delta > 0 else 50 - width:.1f}",
            f"{width:.1f}",
        )
    return format_html(
        '<svg class="dbar" aria-hidden="true">'
        '<rect class="mid" x="50%" width="1" height="100%"/>{}</svg>',
        bar,
    )


def _bars(group: BarGroup, names: Sequence[str]) -> SafeString:
    given = [
        (index, name, value)
        for index, (name, value) in enumerate(zip(names, group.values, strict=True))
        if value is not None
    ]
    largest = max((abs(v) for _, _, v in given if math.isfinite(v)), default=0)
    return format_html_join(
        "",
        '<span class="hb"><span class="visually-hidden">{}: </span>'
        '<svg class="hbar" aria-hidden="true">'
        '<rect class="{}" width="{}%" height="100%" rx="2"/></svg><b>{}</b></span>',
        (
            (
                name,
                series_class(index, "f"),
                f"{_length(value, largest):.1f}",
                format_number(value),
            )
            for index, name, value in given
        ),
    )


def _length(value: float, largest: float) -> float:
    """Return a bar's length in percent; an infinity fills it."""
    if math.isnan(value):
        return 0.0
    if math.isinf(value):
        return 100.0
    return abs(value) / largest * 100 if largest else 0.0
