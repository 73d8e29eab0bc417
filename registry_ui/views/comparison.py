"""Pages that lay versions side by side."""

import csv
import math
from collections.abc import Sequence
from itertools import count

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from registry_ui.actions.facts import versions_facts
from registry_ui.actions.selection import MOST_VERSIONS, find_versions
from registry_ui.charts import Axis, BarGroup, grouped_bars, parallel
from registry_ui.comparison import Comparison, compare, table
from registry_ui.htmx import render_page
from registry_ui.models import ModelVersion
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.holders import holders_of, warnings_of
from registry_ui.views.selection import Selection, columns_of

VERSIONS = "registry_ui/version_compare.html"
MODEL = "registry_ui/model_compare.html"
FEWEST_VERSIONS = 2
SUGGESTIONS = 100
BAR_GROUPS = 8
AXES_OF_A_KIND = 4


@require_safe
def version_compare(request: HttpRequest) -> HttpResponse:
    """Show any versions side by side, as the address says."""
    user = signed_in(request)
    selection = Selection.from_query(request.GET)
    if "add" in request.GET:
        return HttpResponseRedirect(selection.url())
    versions, unknown = find_versions(user, selection.keys)
    context = {
        "selection": selection,
        "columns": columns_of(selection, versions),
        "unknown": unknown,
        "most": MOST_VERSIONS,
        "suggestions": _suggestions(user, versions),
    }
    if len(versions) >= FEWEST_VERSIONS:
        comparison = compare(versions_facts(versions))
        context["bars"] = metric_bars(comparison)
        context["parallel"] = parallel_lines(comparison)
        context["comparison"] = selection.shown(comparison)
    return render_page(
        request,
        VERSIONS,
        context,
        partial="comparison",
        status=404 if unknown else 200,
    )


@require_safe
def version_compare_csv(request: HttpRequest) -> HttpResponse:
    """Send a comparison as a table for spreadsheets.

    Raises:
        Http404: fewer than two versions that the user may read are named, or one that
            is not there.
    """
    selection = Selection.from_query(request.GET)
    versions, unknown = find_versions(signed_in(request), selection.keys)
    if unknown or len(versions) < FEWEST_VERSIONS:
        raise Http404
    comparison = selection.shown(compare(versions_facts(versions)))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="comparison.csv"'
    response.write("\ufeff")  # else Excel takes UTF-8 for something else
    csv.writer(response).writerows(table(comparison))
    return response


@require_safe
def model_compare(request: HttpRequest, name: str) -> HttpResponse:
    """Show what one model has in its stages and aliases, side by side."""
    model = visible_model_or_404(signed_in(request), name)
    holders = holders_of(model)
    held = [holder.version for holder in holders if holder.version]
    colours = count()
    context = {
        "model": model,
        # With the number of the colour that each version has in charts.
        "holders": [
            (holder, next(colours) if holder.version else "") for holder in holders
        ],
        "warnings": warnings_of(model, holders),
    }
    if held:
        facts = versions_facts(held)
        comparison = compare(facts)
        context["comparison"] = comparison.only_differences()
        context["full_url"] = Selection(tuple(one.key for one in facts)).url()
        context["pairs"] = _pairs(held)
        context["bars"] = metric_bars(comparison)
    return render_page(request, MODEL, context, partial="comparison")


def metric_bars(comparison: Comparison) -> SafeString:
    """Draw the metrics that several versions have: the headline first, then by change.

    Empty where no two versions share a metric.
    """
    headline = comparison.headline
    shared = [
        row
        for row in comparison.metrics
        if sum(not cell.is_missing for cell in row.cells) >= FEWEST_VERSIONS
    ]
    shared.sort(
        key=lambda row: (
            row.name != headline,
            not row.is_different,
            -max(_size(cell.relative) for cell in row.cells),
        )
    )
    if not shared:
        return SafeString("")
    return grouped_bars(
        [
            BarGroup(row.name, [cell.value for cell in row.cells])
            for row in shared[:BAR_GROUPS]
        ],
        comparison.labels,
        chart_id="metric-bars",
        title="Final metrics",
    )


def _size(relative: float | None) -> float:
    return 0.0 if relative is None or math.isnan(relative) else abs(relative)


def parallel_lines(comparison: Comparison) -> SafeString:
    """Draw several versions over what differs in them: parameters, then metrics.

    Empty for a pair, which the bars show better, and where fewer than two numbers
    differ.
    """
    if len(comparison.versions) <= FEWEST_VERSIONS:
        return SafeString("")
    params = [
        Axis(row.name, [_number(cell.value) for cell in row.cells])
        for row in comparison.params
        if row.is_different
    ]
    metrics = [
        Axis(row.name, [cell.value for cell in row.cells])
        for row in comparison.metrics
        if row.is_different
    ]
    metrics.sort(key=lambda axis: axis.name != comparison.headline)
    axes = [
        axis
        for kind in (params, metrics)
        for axis in [axis for axis in kind if axis.is_drawable][:AXES_OF_A_KIND]
    ]
    if len(axes) < FEWEST_VERSIONS:
        return SafeString("")
    return parallel(
        axes,
        comparison.labels,
        chart_id="parallel",
        title="Parameters and metrics that differ",
    )


def _number(text: str | None) -> float | None:
    """Read a parameter as a number; None where it is none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _pairs(versions: Sequence[ModelVersion]) -> list[tuple[ModelVersion, str]]:
    """Return each other version with the address that compares it with the first."""
    base, *others = versions
    return [
        (other, Selection((base.compare_key, other.compare_key)).url())
        for other in others
    ]


def _suggestions(user: User, versions: Sequence[ModelVersion]) -> list[str]:
    """Return keys to choose from: of the models at hand, else the newest of all."""
    candidates = ModelVersion.objects.visible_to(user).live()
    if versions:
        candidates = candidates.filter(model__in={one.model_id for one in versions})
    candidates = candidates.exclude(pk__in=[one.pk for one in versions])
    rows = candidates.order_by("-pk").values_list("model__name", "number")
    return [f"{name}/{number}" for name, number in rows[:SUGGESTIONS]]
