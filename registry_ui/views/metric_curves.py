"""One metric of several versions by step, once a worker has read their histories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from registry_ui.actions.metric_histories import wants_reading, wish_history
from registry_ui.actions.selection import find_versions
from registry_ui.charts import Series, line, smoothed
from registry_ui.forms import CurvesForm
from registry_ui.htmx import render_page
from registry_ui.models import Evidence, MetricHistory, ModelVersion
from registry_ui.views.getters import signed_in
from registry_ui.views.metrics import Points, points_of
from registry_ui.views.selection import Selection

TEMPLATE = "registry_ui/metric_compare.html"


@dataclass(frozen=True, slots=True)
class Curve:
    """A version's history of the metric.

    `evidence` is None where the version has no such metric, and so is `history` then.
    """

    version: ModelVersion
    evidence: Evidence | None
    history: MetricHistory | None

    @property
    def points(self) -> Points:
        """Return what was read of it, by step."""
        return points_of(self.history)

    @property
    def wants_reading(self) -> bool:
        """Is it missing, or older than it should be?"""
        return self.evidence is not None and wants_reading(self.history, self.evidence)

    @property
    def is_waiting(self) -> bool:
        """Is it on its way?"""
        return self.history is not None and self.history.due_at is not None


@require_http_methods(["GET", "HEAD", "POST"])
def metric_compare(request: HttpRequest) -> HttpResponse:
    """Show one metric of several versions by step; a POST has the lacking ones read.

    The page posts by itself where something lacks, since reading asks MLflow.

    Raises:
        Http404: a version is not there, or none of them has the metric.
    """
    user = signed_in(request)
    selection = Selection.from_query(request.GET)
    form = CurvesForm(request.GET)
    chosen = form.chosen()
    versions, unknown = find_versions(user, selection.keys)
    curves = _curves(versions, chosen["key"])
    if unknown or not any(curve.evidence for curve in curves):
        raise Http404
    if request.method == "POST":
        for curve in curves:
            if curve.wants_reading:
                wish_history(curve.version, chosen["key"], actor=user)
        return redirect(request.get_full_path())
    context = {
        "selection": selection,
        "form": form,
        "chosen": chosen,
        "key": chosen["key"],
        "curves": curves,
        "is_waiting": any(curve.is_waiting for curve in curves),
        "wants_reading": any(curve.wants_reading for curve in curves),
        "address": request.get_full_path(),
        "chart": _chart(curves, chosen),
        "steps": _by_step(curves),
    }
    return render_page(request, TEMPLATE, context, partial="curves")


def _curves(versions: Sequence[ModelVersion], key: str) -> list[Curve]:
    histories = {
        history.version_id: history
        for history in MetricHistory.objects.filter(version__in=versions, key=key)
    }
    found = []
    for version in versions:
        evidence = getattr(version, "evidence", None)
        if evidence is None or key not in evidence.metrics:
            evidence = None
        history = histories.get(version.pk) if evidence else None
        found.append(Curve(version, evidence, history))
    return found


def _chart(curves: Sequence[Curve], chosen: dict[str, Any]) -> SafeString:
    """Draw the curves that were read; empty while there is none."""
    weight = float(chosen["smooth"] or 0)
    series = [
        Series(str(curve.version), smoothed(curve.points, weight)) for curve in curves
    ]
    if not any(one.points for one in series):
        return SafeString("")
    return line(
        series,
        chart_id="metric-by-step",
        title=chosen["key"],
        is_logarithmic=chosen["scale"] == "log",
    )


def _by_step(curves: Sequence[Curve]) -> list[tuple[float, list[float | None]]]:
    """Return each step with the value of each version; None where it has none."""
    columns = [dict(curve.points) for curve in curves]
    steps = sorted({step for column in columns for step in column})
    return [(step, [column.get(step) for column in columns]) for step in steps]
