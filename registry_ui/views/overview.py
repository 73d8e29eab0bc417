"""The first page: what waits for me, what changed, whether all is well."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry_ui import permissions
from registry_ui.actions.audit import visible_events
from registry_ui.extensions import panels_of_overview
from registry_ui.htmx import Request
from registry_ui.models import (
    Incident,
    Level,
    MirrorState,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.views.break_glass import break_glass_figures
from registry_ui.views.evidence import mlflow_url
from registry_ui.views.getters import has_access, signed_in
from registry_ui.views.incidents import phrases
from registry_ui.views.panels import render_panels
from registry_ui.views.sentences import event_lines
from registry_ui.views.waiting import requests_to_decide, with_open_gates

TEMPLATE = "registry_ui/overview.html"
MIRROR = "registry_ui/_overview_mirror.html"
SHOWN_REQUESTS = 5
SHOWN_EVENTS = 10
SHOWN_INCIDENTS = 5


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what the user should look at first."""
    user = signed_in(request)
    waiting = requests_to_decide(request)
    asks = TransitionRequest.objects.visible_to(user).select_related(
        "version__model", "requested_by"
    )
    mine = asks.filter(requested_by=user)
    failed = asks.filter(status=TransitionRequest.Status.FAILED)
    models = RegisteredModel.objects.visible_to(user).live()
    incidents = Incident.objects.visible_to(user).open().select_related("model")
    open_incidents = incidents[:SHOWN_INCIDENTS]
    context = {
        "waiting": with_open_gates(waiting[:SHOWN_REQUESTS]),
        "waiting_count": len(waiting),
        "oldest": waiting[0] if waiting else None,
        "mine": list(mine.open()[:SHOWN_REQUESTS]),
        "mine_count": mine.open().count(),
        "failed": list(failed[:SHOWN_REQUESTS]),
        "failed_count": failed.count(),
        "incidents": [(i, phrases(i.effects)) for i in open_incidents],
        "model_count": models.count(),
        "in_production": models.filter(pk__in=_in_production()).count(),
        "events": event_lines(
            visible_events(user).exclude(type__startswith="api_token.")[:SHOWN_EVENTS]
        ),
        "panels": render_panels(panels_of_overview(user)),
        "break_glass": break_glass_figures(user),
        "mirror": _mirror(user),
        "has_access": has_access(user),
        "mlflow_url": mlflow_url(),
    }
    return render(request, TEMPLATE, context)


def _in_production() -> Any:
    versions = ModelVersion.objects.filter(stage=Stage.PRODUCTION, deleted_at=None)
    return versions.values("model")


@require_safe
def overview_mirror(request: Request) -> HttpResponse:
    """Tell a page that shows a sync under way how far it is."""
    if not request.htmx:
        return redirect("registry_ui:overview")
    mirror = _mirror(signed_in(request))
    context = {"mirror": mirror, "mlflow_url": mlflow_url()}
    response = render(request, MIRROR, context)
    if "first" in request.GET and mirror["state"].synced_at is not None:
        # The page around it shows an empty registry.
        response["HX-Refresh"] = "true"
    return response


def _mirror(user: User) -> dict[str, Any]:
    state, now = MirrorState.load(), timezone.now()
    return {
        "state": state,
        "is_stale": state.is_stale(now),
        "reading": _reading(state, user) if state.is_being_read(now) else None,
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a sync is.

    Attributes:
        what: is being read.
        count: how many were; None for who may not read them all.
        total: how many there will be; None where nobody can know it.
    """

    what: str
    count: int | None
    total: int | None


def _reading(state: MirrorState, user: User) -> Reading:
    """Return how far the sync under way is, measured by what the mirror has."""
    if permissions.level_of(user, None) < Level.CAN_READ:
        return Reading(_WHAT.get(state.phase, ""), None, None)
    total = None
    if state.synced_at is not None and state.phase in _MIRRORED:
        total = max(_MIRRORED[state.phase](), state.phase_count)
    return Reading(_WHAT.get(state.phase, ""), state.phase_count, total)


_WHAT = {"poll": "touched versions", "models": "models", "versions": "versions"}
_MIRRORED: dict[str, Callable[[], int]] = {
    "models": lambda: RegisteredModel.objects.live().count(),
    "versions": lambda: ModelVersion.objects.filter(deleted_at=None).count(),
}
"""How many there were at the last look, by phase."""
