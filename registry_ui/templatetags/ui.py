"""Icons, badges, people and pages of lists, as templates write them.

A builtin library of the template engine: no `{% load %}` is needed.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree as ET
from zipfile import ZipFile
from zlib import crc32

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from registry_ui.templatetags.quantities import ago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.core.paginator import Page

    from registry_ui.models import RegisteredModel

register = template.Library()

AVATAR_HUES = 8
"""How many colours `components.css` has for avatars."""

_KEPT = 2048
"""How many of those small pieces of HTML are kept that lists have in many rows."""

_SVG = "http://www.w3.org/2000/svg"
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
    "paused": "circle-pause",
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
