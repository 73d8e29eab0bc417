"""Who held which target of a model from when to when, and at one instant."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.forms import InstantForm
from registry_ui.htmx import render_page
from registry_ui.views.getters import signed_in, visible_model_or_404

TEMPLATE = "registry_ui/model_history.html"
SHOWN = 200


@require_safe
def model_history(request: HttpRequest, name: str) -> HttpResponse:
    """Show the holdings of a model, or those at the instant that was asked for."""
    model = visible_model_or_404(signed_in(request), name)
    form = InstantForm(request.GET)
    instant = form.cleaned_data["at"] if form.is_valid() else None
    holdings = model.holdings.select_related(
        "version__model",
        "started_request__closed_by",
        "started_incident",
        "ended_request__closed_by",
        "ended_incident",
    )
    if instant:
        holdings = holdings.at(instant).order_by("target", "-version__number")
    rows = list(holdings[: SHOWN + 1])
    context = {
        "model": model,
        "form": form,
        "instant": instant,
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
    }
    status = 422 if form.errors else 200
    return render_page(request, TEMPLATE, context, partial="holdings", status=status)
