"""What every page's shell shows: theme, counts in the navigation, age of the mirror."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from registry_ui.models import MirrorState
from registry_ui.models.prepared import PreparedQuery
from registry_ui.permissions import may_manage_permissions
from registry_ui.views.waiting import what_waits

THEMES = ("auto", "light", "dark")
_OF_AGE = ("synced_at", "models_seconds", "versions_seconds", "error")
_STATE = PreparedQuery(
    lambda _: MirrorState.objects.filter(id=MirrorState.ONLY).values_list(*_OF_AGE),
    most=0,
)
_COMPARE = ("version_compare", "metric_compare")
_SECTIONS = {
    "overview": "overview",
    "model": "models",
    "version": "models",
    "metric": "models",
    "stage": "stages",
    "request": "requests",
    "incident": "incidents",
    "enforcement": "incidents",
    "event": "activity",
    "policies": "policies",
    "policy": "policies",
    "webhook": "webhooks",
    "delivery": "webhooks",
    "account": "account",
    "notification": "account",
    "registry": "permissions",
}


@dataclass(frozen=True, slots=True)
class MirrorAge:
    """How old the mirror is, in words and as a status: ok, stale or unknown."""

    text: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Navigation:
    """What the shell around a page shows."""

    section: str
    mirror: MirrorAge
    demo: bool
    manages_levels: bool
    counts: dict[str, int] = field(default_factory=dict)


def mirror_age() -> MirrorAge:
    """Say how old the mirror is, and why it is older than it should be."""
    rows = _STATE()
    state = MirrorState(**dict(zip(_OF_AGE, rows[0], strict=True)) if rows else {})
    now = timezone.now()
    if state.synced_at is None:
        reason = state.error or "The first sync has not finished yet."
        return MirrorAge("Not synced yet", "unknown", reason)
    age = timesince(state.synced_at, now, depth=1)
    is_fresh = now - state.synced_at < timedelta(minutes=1)
    text = "just now" if is_fresh else f"{age} ago"
    if state.is_stale(now):
        reason = state.error or "The worker has not synced; is it running?"
        return MirrorAge(f"Synced {text}", "stale", reason)
    return MirrorAge(f"Synced {text}", "ok", "")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `theme` and, for people who are signed in, `nav`."""
    theme = request.COOKIES.get("theme", "auto")
    context: dict[str, Any] = {"theme": theme if theme in THEMES else "auto"}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context
    match = request.resolver_match
    name = match.url_name if match else None
    if name in _COMPARE:
        section = "compare"
    else:
        section = _SECTIONS.get((name or "").split("_", maxsplit=1)[0], "")
    waits = what_waits(request)
    context["nav"] = Navigation(
        section=section,
        mirror=mirror_age(),
        demo=settings.DEMO,
        manages_levels=may_manage_permissions(user, None),
        counts={"requests": len(waits.requests), "incidents": waits.incidents},
    )
    return context
