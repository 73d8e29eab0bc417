"""What the pieces of a comparison need in a table cell; `{% load compare %}`."""

from __future__ import annotations

import math
from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registry_ui.charts import diverging_bar
from registry_ui.comparison import (
    Change,
    MetricCell,
    RequirementCell,
    SchemaCell,
    ValueCell,
    Verdict,
)
from registry_ui.templatetags.ui import icon, signed

register = template.Library()

_SIDES = {Verdict.BETTER: 1.0, Verdict.WORSE: -1.0}

SHORT_LENGTH = 120
"""Characters; a longer value is folded."""

LONGEST_LENGTH = 4000
"""Characters of a value that a page holds; MLflow takes tags of 100 kB."""

_SIGNS = {
    Change.ADDED: ("+", "added"),
    Change.REMOVED: ("\N{MINUS SIGN}", "removed"),
    Change.CHANGED: ("~", "changed"),
    Change.UNKNOWN: ("?", "unknown"),
}

_VERDICT_ICONS = {Verdict.BETTER: "circle-check", Verdict.WORSE: "circle-alert"}


@register.filter
def sign(change: Change) -> SafeString:
    """Write the sign of a change, and the word for those who do not see it."""
    if change not in _SIGNS:
        return SafeString("")
    character, word = _SIGNS[change]
    return format_html(
        '<span aria-hidden="true">{}</span><span class="visually-hidden">{}</span>',
        character,
        word,
    )


@register.filter
def folded(value: str | None) -> SafeString:
    """Write a value, a long one behind a fold, and say how much of it is left out."""
    if value is None:
        return SafeString('<span class="faint">—</span>')
    if value == "":
        return SafeString('<span class="faint">empty</span>')
    if len(value) <= SHORT_LENGTH:
        return format_html("{}", value)
    left_out = len(value) - LONGEST_LENGTH
    return format_html(
        "<details><summary>{}…</summary>{}{}</details>",
        value[: SHORT_LENGTH - 20],
        value[:LONGEST_LENGTH],
        f"… and {left_out:,} characters more" if left_out > 0 else "",
    )


@register.filter
def cell_text(cell: ValueCell | RequirementCell | SchemaCell) -> SafeString:
    """Write what a version has, and tell what it lacks from what could not be read."""
    text = cell.value if isinstance(cell, ValueCell) else cell.text
    if text is None and cell.change is Change.UNKNOWN:
        return SafeString('<span class="faint">not read</span>')
    return folded(text)


@register.filter
def delta(cell: MetricCell) -> SafeString:
    """Write a metric's change and what it means; nothing where there is no change."""
    if cell.verdict is Verdict.SAME:
        return SafeString('<span class="faint">same</span>')
    if cell.change is None:
        return SafeString("")
    return format_html("{}{}</span>", _delta_start(cell.verdict), signed(cell.change))


@register.filter
def change_bar(cell: MetricCell) -> SafeString:
    """Draw how far a metric moved, relative to the baseline.

    To the right is better, to the left worse; where nobody knows, right is more. The
    square root is drawn, so that 1 % is still visible beside 50 %; twice as much, and
    all that has no relation to zero, fills its half.
    """
    if not cell.change:
        return diverging_bar(None, 1)
    size = 1.0 if cell.relative is None else math.sqrt(abs(cell.relative))
    side = _SIDES.get(cell.verdict, cell.change)
    return diverging_bar(math.copysign(size, side), 1, cell.verdict)


@cache
def _delta_start(verdict: Verdict) -> SafeString:
    """Write what stands before a change; kept, since a page may hold thousands."""
    if verdict not in _VERDICT_ICONS:
        return SafeString('<span class="delta">')
    return format_html(
        '<span class="delta" data-verdict="{}">{}',
        verdict.value,
        icon(_VERDICT_ICONS[verdict], label=verdict.value),
    )
