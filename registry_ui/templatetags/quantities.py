"""Numbers, sizes and times as templates write them.

A builtin library of the template engine: no `{% load %}` is needed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe

from registry_ui.comparison import (
    format_bytes,
    format_change,
    format_number,
    format_relative,
)

register = template.Library()

MISSING = "—"

_SPANS = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("week", 7 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("min", 60),
)


@register.filter
def number(value: float | str | None) -> str:
    """Write a metric with five significant digits; whole numbers in full.

    Takes what evidence stores: floats, None, and "NaN", "Infinity", "-Infinity",
    which JSON has no numbers for. Other text comes back as it is.
    """
    if value is None or value == "":
        return MISSING
    try:
        return format_number(float(value))
    except ValueError:
        return str(value)


@register.filter
def signed(value: float | str | None) -> str:
    """Write a difference with its sign always, zero as ±0: +0.0075."""
    return MISSING if value is None or value == "" else format_change(float(value))


@register.filter
def signed_percent(ratio: float | str | None) -> str:
    """Write a relative difference, where 1 is as much again: +47.8 %."""
    return MISSING if ratio is None or ratio == "" else format_relative(float(ratio))


@register.filter
def percent(share: float | None) -> str:
    """Write a share, where 1 is all: 98.4 %; only all is 100 %, only nothing is 0 %."""
    if share is None:
        return MISSING
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


@register.filter
def in_full(value: datetime | None) -> str:
    """Write a moment in full, as its tooltip has it elsewhere."""
    return f"{value.astimezone(UTC):%-d %B %Y, %H:%M:%S} UTC" if value else MISSING


@register.filter(name="bytes")
def byte_size(value: int | None) -> str:
    """Write a size in bytes as people do: 512 B, 18.2 MB (steps of 1,000)."""
    return format_bytes(value)


@register.filter
def ago(moment: datetime | None) -> str:
    """Write a moment as a distance from now, its full date in the tooltip.

    Args:
        moment: an aware datetime, or None for what never happened.
    """
    if moment is None:
        return MISSING
    machine = moment.isoformat(timespec="seconds")
    full = f"{moment.astimezone(UTC):%-d %B %Y, %H:%M:%S} UTC"
    words = _distance((timezone.now() - moment).total_seconds())
    return mark_safe(f'<time datetime="{machine}" title="{full}">{words}</time>')  # noqa: S308 - all of it is ours


@register.filter
def seconds(value: float | None) -> str:
    """Write a duration given in seconds: 84 ms, 1.2 s, 3 min, 2 hours."""
    if value is None:
        return MISSING
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{value:.1f} s"
    return _span(value)


def _distance(elapsed: float) -> str:
    """Put a distance in words; negative seconds lie ahead."""
    if abs(elapsed) < 45:  # noqa: PLR2004 - nobody reads seconds on a page
        return "just now" if elapsed >= 0 else "in a moment"
    text = _span(max(abs(elapsed), 60))
    return f"{text} ago" if elapsed >= 0 else f"in {text}"


def _span(duration: float) -> str:
    """Put at least a minute of seconds in words, in its largest unit."""
    unit, length = next(span for span in _SPANS if duration >= span[1])
    count = int(duration // length)
    return f"{count} {unit}{'s' if count != 1 and unit != 'min' else ''}"
