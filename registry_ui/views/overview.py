"""The first page: what waits for me, what changed, whether all is well."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry_ui.extensions import panels_of_overview
from registry_ui.models import (
    Incident,
    MirrorState,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.views.activity import visible_events
from registry_ui.views.evidence import mlflow_url
from registry_ui.views.getters import has_access, signed_in
from registry_ui.views.incidents import phrases
from registry_ui.views.panels import render_panels
from registry_ui.views.sentences import event_lines
from registry_ui.views.waiting import requests_to_decide, with_open_gates

TEMPLATE = "registry_ui/overview.html"
SHOWN_REQUESTS = 5
SHOWN_EVENTS = 10
SHOWN_INCIDENTS = 5


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what the user should look at first."""
    user = signed_in(request)
    waiting = requests_to_decide(user)
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
        "mirror": _mirror(),
        "has_access": has_access(user),
        "mlflow_url": mlflow_url(),
    }
    return render(request, TEMPLATE, context)


def _in_production() -> Any:
    versions = ModelVersion.objects.filter(stage=Stage.PRODUCTION, deleted_at=None)
    return versions.values("model")


def _mirror() -> dict[str, Any]:
    state = MirrorState.load()
    is_stale = state.is_stale(timezone.now())
    reading = "models" if state.phase == "models" else "versions"
    return {"state": state, "is_stale": is_stale, "reading": reading}
