"""What templates need to show icons, numbers, sizes, times and people.

A builtin library of the template engine: no `{% load %}` is needed.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree as ET
from zipfile import ZipFile
from zlib import crc32

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.core.paginator import Page

    from registry_ui.models import RegisteredModel

register = template.Library()

AVATAR_HUES = 8
"""How many colours `components.css` has for avatars."""

MISSING = "—"
_KEPT = 2048
"""How many of those small pieces of HTML are kept that lists have in many rows."""
MINUS = "\N{MINUS SIGN}"

_SVG = "http://www.w3.org/2000/svg"
_NOT_FINITE: Mapping[str, str] = {
    "NaN": "NaN",
    "Infinity": "∞",
    "-Infinity": f"{MINUS}∞",
}
_SPANS = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("week", 7 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("min", 60),
)


_STAGE_ICONS = {
    "Production": "rocket",
    "Staging": "flask-conical",
    "Archived": "archive",
}
_STATUS_ICONS = {
    "open": "circle-dot",
    "applying": "loader-circle",
    "sending": "loader-circle",
    "applied": "check-check",
    "done": "check-check",
    "succeeded": "check-check",
    "delivered": "check-check",
    "approved": "circle-check",
    "passed": "circle-check",
    "active": "circle-check",
    "failed": "circle-alert",
    "rejected": "circle-x",
    "cancelled": "ban",
    "disabled": "ban",
    "expired": "timer-off",
    "superseded": "replace",
    "undone": "undo-2",
    "waiting": "hourglass",
    "pending": "hourglass",
    "insufficient": "triangle-alert",
    "test_mode": "flask-conical",
}
_OTHER_ICON = "circle-dashed"
_NOBODY = SafeString('<span class="faint">—</span>')


@register.filter
def stage_icon(stage: str) -> str:
    """Name the icon of a stage, given in MLflow's spelling."""
    return _STAGE_ICONS.get(stage, _OTHER_ICON)


@register.filter
def status_icon(status: str) -> str:
    """Name the icon of a request, gate, check, plan step, webhook or delivery."""
    return _STATUS_ICONS.get(status, _OTHER_ICON)


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> SafeString:
    """Write one of Lucide's icons as inline SVG; CSS gives it size and stroke.

    Args:
        name: Lucide's name, such as "rocket".
        label: what it says to people who do not see it; empty when a word stands
            beside it.

    Raises:
        ValueError: Lucide has no icon of that name.
    """
    if not label:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
            _icon_shapes(name),
        )
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>',
        label,
        _icon_shapes(name),
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
        quantity = float(value)
    except ValueError:
        return str(value)
    if not math.isfinite(quantity):
        return _NOT_FINITE[_spelled(quantity)]
    return _digits(quantity).replace("-", MINUS)


@register.filter
def signed(value: float | str | None) -> str:
    """Write a difference with its sign always, zero as ±0: +0.0075."""
    text = number(value)
    if text in {MISSING, "NaN"} or text.startswith(MINUS):
        return text
    return "±0" if text == "0" else f"+{text}"


@register.filter
def signed_percent(ratio: float | str | None) -> str:
    """Write a relative difference, where 1 is as much again: +47.8 %."""
    if ratio is None or ratio == "":
        return MISSING
    percent = float(ratio) * 100
    if not math.isfinite(percent):
        return signed(percent)
    if abs(percent) < 0.05:  # noqa: PLR2004 - rounds to 0.0
        return "±0 %"
    digits = 0 if abs(percent) >= 100 else 1  # noqa: PLR2004 - three digits say enough
    return f"{percent:+,.{digits}f} %".replace("-", MINUS)


@register.filter(name="bytes")
def byte_size(value: int | None) -> str:
    """Write a size in bytes as people do: 512 B, 18.2 MB (steps of 1,000)."""
    if value is None:
        return MISSING
    size = float(value)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":  # noqa: PLR2004 - would round to 1000
            break
        size /= 1000
    text = f"{size:.0f}" if unit == "B" or size >= 100 else f"{size:.1f}"  # noqa: PLR2004
    return f"{text} {unit}"


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


@register.filter
def display_name(person: AbstractBaseUser | str | None) -> str:
    """Name a user as people would: full name, else user name; "System" for nobody."""
    if person is None or person == "":
        return "System"
    if isinstance(person, str):
        return person
    full_name = getattr(person, "get_full_name", str)()
    return str(full_name or person.get_username())


@register.filter
def initials(person: AbstractBaseUser | str | None) -> str:
    """Give one or two letters for an avatar: Mira Kovač becomes MK."""
    words = display_name(person).replace("_", " ").replace("-", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()] or ["?"]
    return (letters[0] if len(letters) == 1 else letters[0] + letters[-1]).upper()


@register.filter
def avatar_hue(person: AbstractBaseUser | str | None) -> str:
    """Give a person one of the avatar colours, always the same; "" for nobody."""
    if person is None or person == "":
        return ""
    return str(crc32(display_name(person).encode()) % AVATAR_HUES)


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """Write a stage, given in MLflow's spelling, as a badge with its icon."""
    return format_html(
        '<span class="badge" data-stage="{}">{}{}</span>',
        stage,
        icon(stage_icon(stage)),
        stage,
    )


class _Held(Protocol):
    """Who is in a stage: the newest version, the others in words, and since when."""

    @property
    def first(self) -> str: ...

    @property
    def rest(self) -> str: ...

    @property
    def since(self) -> datetime | None: ...


@register.simple_tag
def stage_holders(stage: str, held: _Held | None) -> SafeString:
    """Write who is in a stage, given in MLflow's spelling; a dash for nobody."""
    if held is None or not held.first:
        return _NOBODY
    who = _holders(stage, held.first, held.rest)
    since = _small("faint meta minor", ago(held.since)) if held.since else ""
    return mark_safe(f'<span class="holders">{who}{since}</span>')  # noqa: S308 - both are escaped


@register.simple_tag
def model_link(model: RegisteredModel) -> SafeString:
    """Write a model's name as the title of its row, leading to its page."""
    return format_html(
        '<a class="title row-title" href="{}" title="{}">{}</a>',
        model.get_absolute_url(),
        model.name,
        model.name,
    )


@register.simple_tag
def metric_value(name: str, value: str) -> SafeString:
    """Write a metric's name, and its value as people read it."""
    return format_html(
        '<span class="metric-name" title="{}">{}</span> {}', name, name, value
    )


@register.simple_tag
def alias_chip(alias: str) -> SafeString:
    """Write an alias, given without its @."""
    return format_html(
        '<span class="alias-chip" title="alias {}"><span>@{}</span></span>',
        alias,
        alias,
    )


@register.simple_tag
@lru_cache(maxsize=_KEPT)
def alias_pair(alias: str, version: int) -> SafeString:
    """Write an alias, given without its @, and the number of its version."""
    return format_html(
        '<span class="alias-pair">{} <span class="faint meta number">v{}</span></span>',
        alias_chip(alias),
        version,
    )


@register.simple_tag
def avatar(person: AbstractBaseUser | str | None, size: str = "") -> SafeString:
    """Write a person's initials in their colour; the name must stand beside it.

    Args:
        person: a User, a plain name, or None for nobody.
        size: "", "large" or "huge".
    """
    return format_html(
        '<span class="avatar" aria-hidden="true" data-hue="{}"{}>{}</span>',
        avatar_hue(person),
        format_html(' data-size="{}"', size) if size else "",
        initials(person),
    )


@register.simple_tag
def person(who: AbstractBaseUser | str | None) -> SafeString:
    """Write avatar and name on one line."""
    return format_html(
        '<span class="person">{}<span>{}</span></span>', avatar(who), display_name(who)
    )


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """Give the numbers a pager shows: the ends, the neighbours, "…" between them."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@cache
def _archive() -> ZipFile:
    """Keep Lucide's archive (600 kB) in memory: opening it costs more than reading."""
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


@cache
def _icon_shapes(name: str) -> SafeString:
    """Read what is inside an icon's <svg>, without the namespace HTML can do without.

    Raises:
        ValueError: Lucide has no icon of that name.
    """
    try:
        source = _archive().read(f"{name}.svg")
    except KeyError:
        raise ValueError(f"Lucide has no icon named {name!r}.") from None
    shapes = ET.fromstring(source)  # noqa: S314 - from an installed package
    ET.register_namespace("", _SVG)
    text = "".join(ET.tostring(shape, encoding="unicode").strip() for shape in shapes)
    return mark_safe(text.replace(f' xmlns="{_SVG}"', ""))  # noqa: S308 - as above


@lru_cache(maxsize=_KEPT)
def _holders(stage: str, first: str, rest: str) -> SafeString:
    return format_html(
        '<span class="badge" data-stage="{}">{}{}</span>{}',
        stage,
        icon(stage_icon(stage)),
        first,
        _small("muted number", rest) if rest else "",
    )


def _small(classes: str, content: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', classes, content)


def _spelled(value: float) -> str:
    """Name a number that is not finite as MLflow's JSON does."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _digits(value: float) -> str:
    """Choose the notation: in full where it is short, with an exponent elsewhere."""
    size = abs(value)
    if value == int(value) and size < 1e15:  # noqa: PLR2004 - exact in a float
        return f"{int(value):,}"
    if 1e4 <= size < 1e9:  # noqa: PLR2004 - `g` would use an exponent here
        return f"{value:,.1f}"
    return f"{value:.5g}"


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
