"""The button that lets a person watch a model."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from registry_ui.actions.watching import is_watched, unwatch_model, watch_model
from registry_ui.htmx import Request
from registry_ui.views.getters import signed_in, visible_model_or_404

BUTTON = "registry_ui/_model_watch.html"


def model_watch(request: Request, name: str) -> HttpResponse:
    """Watch a model, or watch it no longer."""
    user = signed_in(request)
    model = visible_model_or_404(user, name)
    if request.method != "POST":
        return redirect(model)  # where a sign-in in between leads back to
    change = unwatch_model if request.POST.get("watch") == "no" else watch_model
    change(model, actor=user)
    if not request.htmx:
        return redirect(model)
    context = {"model": model, "is_watched": is_watched(model, user=user)}
    return render(request, BUTTON, context)
