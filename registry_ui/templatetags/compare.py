"""What the pieces of a comparison need in a table cell; `{% load compare %}`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from zlib import crc32

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry_ui.charts import diverging_bar
from registry_ui.comparison import (
    Change,
    MetricCell,
    Piece,
    RequirementCell,
    SchemaCell,
    ValueCell,
    Verdict,
    inner_difference,
)
from registry_ui.templatetags.quantities import signed
from registry_ui.templatetags.ui import icon
from registry_ui.views.selection import Selection

register = template.Library()

_SIDES = {Verdict.BETTER: 1.0, Verdict.WORSE: -1.0}

SHORT_LENGTH = 120
"""Characters; a longer value is folded."""

LEAST_MARKED = 24
"""Characters; in a shorter value that changed, the difference is easily seen."""

CONTEXT = 40
"""Characters of what stayed that are shown between the differences of a long value."""

LONGEST_LENGTH = 4000
"""Characters of a value that a page holds; MLflow takes tags of 100 kB."""

_SIGNS = {
    Change.ADDED: ("+", "added"),
    Change.REMOVED: ("\N{MINUS SIGN}", "removed"),
    Change.CHANGED: ("~", "changed"),
    Change.UNKNOWN: ("?", "unknown"),
}

_VERDICT_ICONS = {Verdict.BETTER: "circle-check", Verdict.WORSE: "circle-alert"}


@register.simple_tag
def pin(selection: Selection | str, section: str, name: str) -> SafeString:
    """Write the box that keeps a row on top of its section; "" without a selection."""
    if isinstance(selection, str):  # the page has none
        return SafeString("")
    key = f"{section}/{name}"
    return format_html(
        '<input class="pin" type="checkbox" id="pin-{}" name="pin" value="{}"'
        ' aria-label="Pin {}" title="Keep on top"{}>',
        f"{crc32(key.encode()):08x}",
        key,
        name,
        SafeString(" checked") if key in selection.pins else "",
    )


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
    """Write what a version has, and tell what it lacks from what could not be read.

    In a long value that changed, what went and what came is marked.
    """
    text = cell.value if isinstance(cell, ValueCell) else cell.text
    if text is None and cell.change is Change.UNKNOWN:
        return SafeString('<span class="faint">not read</span>')
    if not isinstance(cell, ValueCell) or text is None:
        return folded(text)
    if cell.url:
        return format_html(
            '<a class="link" href="{}" rel="noreferrer">{}</a>', cell.url, text
        )
    return _marked(cell.before, text) or folded(text)


def _marked(before: str | None, after: str) -> SafeString:
    """Write a value with its differences to another; "" where that would not help."""
    if before is None or max(len(before), len(after)) < LEAST_MARKED:
        return SafeString("")
    pieces = inner_difference(before, after)
    if sum(len(piece.text) for piece in pieces) <= SHORT_LENGTH:
        return _written(pieces)
    kept = _first(pieces, LONGEST_LENGTH)
    left_out = sum(len(one.text) for one in pieces) - sum(len(one.text) for one in kept)
    return format_html(
        "<details><summary>{}</summary>{}{}</details>",
        _written(_around_changes(pieces)),
        _written(kept),
        f"… and {left_out:,} characters more" if left_out else "",
    )


def _first(pieces: Sequence[Piece], most: int) -> list[Piece]:
    """Return the first pieces, as many as have together no more than `most` characters.

    The last of them may be cut.
    """
    kept = []
    for piece in pieces:
        if most <= 0:
            break
        kept.append(replace(piece, text=piece.text[:most]))
        most -= len(piece.text)
    return kept


def _around_changes(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the first changes, each with a few characters around it."""
    shown = []
    last = len(pieces) - 1
    for place, piece in enumerate(pieces):
        text = piece.text
        if piece.change is not Change.SAME:
            text = f"{text[:CONTEXT]}…" if len(text) > CONTEXT + 1 else text
        elif len(text) > CONTEXT + 1:
            half = CONTEXT // 2
            end = "" if place == last else text[-half:]
            text = f"…{end}" if place == 0 else f"{text[:half]}…{end}"
        shown.append(replace(piece, text=text))
    kept = _first(shown, SHORT_LENGTH)
    return kept if len(kept) == len(shown) else [*kept, Piece(Change.SAME, "…")]


def _written(pieces: Sequence[Piece]) -> SafeString:
    return format_html_join(
        "", "{}", ((_piece(one.change, one.text),) for one in pieces)
    )


def _piece(change: Change, text: str) -> str:
    if change is Change.REMOVED:
        return format_html("<del>{}</del>", text)
    return format_html("<ins>{}</ins>", text) if change is Change.ADDED else text


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
