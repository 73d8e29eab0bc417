"""A metric of a version by step: its curve, once a worker has read it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from registry_ui.actions.metric_histories import wants_reading, wish_history
from registry_ui.charts import Series, line
from registry_ui.errors import ActionError
from registry_ui.htmx import render_page
from registry_ui.models import Evidence, MetricHistory, ModelVersion
from registry_ui.views.getters import signed_in, visible_version_or_404

METRIC = "registry_ui/metric_detail.html"

Points = list[tuple[float, float]]


@require_http_methods(["GET", "HEAD", "POST"])
def metric_detail(
    request: HttpRequest, name: str, number: int, key: str
) -> HttpResponse:
    """Show a metric by step; a POST has it read, since that asks MLflow.

    The page posts by itself where nothing is stored, or what is stored is old.
    """
    user = signed_in(request)
    version = visible_version_or_404(user, name, number)
    evidence = getattr(version, "evidence", None)
    if evidence is None or key not in evidence.metrics:
        raise Http404
    if request.method == "POST":
        try:
            wish_history(version, key, actor=user)
        except ActionError as error:
            messages.error(request, str(error))
        return redirect(_address(version, key))
    context = _context(version, evidence, key)
    return render_page(request, METRIC, context, partial="history")


def _context(version: ModelVersion, evidence: Evidence, key: str) -> dict[str, Any]:
    history = MetricHistory.objects.filter(version=version, key=key).first()
    points = points_of(history)
    return {
        "version": version,
        "model": version.model,
        "evidence": evidence,
        "key": key,
        "value": evidence.metrics[key],
        "address": _address(version, key),
        "history": history,
        "is_waiting": history is not None and history.due_at is not None,
        "wants_reading": wants_reading(history, evidence),
        "chart": _curve(key, points) if len(points) > 1 else "",
    }


def points_of(history: MetricHistory | None) -> Points:
    """Return what was read of a history, by step."""
    return [(float(x), float(y)) for x, y in history.points] if history else []


def _curve(key: str, points: Points) -> SafeString:
    series = [Series(key, points)]
    return line(series, chart_id="metric-by-step", title=key, first_colour=1)


def _address(version: ModelVersion, key: str) -> str:
    parts = [version.model.name, version.number, key]
    return reverse("registry_ui:metric_detail", args=parts)
