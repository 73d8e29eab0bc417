"""The page on which people choose how a model's metrics are read."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry_ui import permissions
from registry_ui.actions.facts import metric_choices
from registry_ui.actions.metric_choices import choose_metrics
from registry_ui.forms import MetricChoicesForm
from registry_ui.models import METRIC_KEY_LENGTH
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.version_table import metrics_seen

TEMPLATE = "registry_ui/model_metrics.html"


@require_http_methods(["GET", "HEAD", "POST"])
def model_metrics(request: HttpRequest, name: str) -> HttpResponse:
    """Choose the headline metric of a model, and which way its metrics are better."""
    user = signed_in(request)
    model = visible_model_or_404(user, name)
    if not permissions.may_manage_model(user, model):
        raise PermissionDenied
    if not model.is_live:
        raise Http404
    choices = metric_choices(model)
    known = {*metrics_seen(model), *choices.directions, choices.headline} - {""}
    names = sorted(name for name in known if len(name) <= METRIC_KEY_LENGTH)
    data = request.POST if request.method == "POST" else None
    form = MetricChoicesForm(data, names=names, choices=choices)
    if form.is_valid():
        if choose_metrics(model, **form.chosen(), actor=user):
            messages.success(request, "The choice is stored, and on record.")
        return redirect(model)
    context = {"model": model, "version": None, "owner": model, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, TEMPLATE, context, status=status)
