"""The page on which people move aliases that no policy governs."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registry_ui.actions.alias_moves import may_move_aliases, move_alias, remove_alias
from registry_ui.actions.apply import wait_until_settled
from registry_ui.errors import ActionError
from registry_ui.forms import AliasForm, AliasRemovalForm
from registry_ui.models import RegisteredModel, TransitionRequest
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.metadata import takes_form

TEMPLATE = "registry_ui/model_aliases.html"


@takes_form
def model_aliases(request: HttpRequest, name: str) -> HttpResponse:
    """Show the aliases of a model, and move or remove one."""
    user = signed_in(request)
    model = visible_model_or_404(user, name)
    if not may_move_aliases(user, model):
        raise PermissionDenied
    if not model.is_live:
        raise Http404
    form, removal = _forms(request, model)
    if ask := _done(form, removal, model, user):
        wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
        return redirect(ask)
    context = {
        "model": model,
        "aliases": list(model.aliases.select_related("version__model")),
        "form": form,
        "removal": removal,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, TEMPLATE, context, status=status)


def _forms(
    request: HttpRequest, model: RegisteredModel
) -> tuple[AliasForm, AliasRemovalForm | None]:
    """Return the form to set an alias and, if one is to go, the form to remove it."""
    if request.method == "POST" and request.POST.get("act") == "remove":
        return AliasForm(), AliasRemovalForm(request.POST)
    if request.method == "POST":
        return AliasForm(request.POST), None
    held = {alias.name: alias.version_id for alias in model.aliases.all()}
    chosen, leaving = request.GET.get("alias", ""), request.GET.get("remove", "")
    removal = AliasRemovalForm(initial={"alias": leaving}) if leaving in held else None
    return AliasForm(initial={"alias": chosen if chosen in held else ""}), removal


def _done(
    form: AliasForm,
    removal: AliasRemovalForm | None,
    model: RegisteredModel,
    user: User,
) -> TransitionRequest | None:
    """Hand what was typed to the action; None with the reason in the form."""
    if removal is not None and removal.is_bound:
        return _acted(removal, remove_alias, model, user)
    return _acted(form, move_alias, model, user)


def _acted(
    form: forms.Form, act: Any, model: RegisteredModel, user: User
) -> TransitionRequest | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        done: TransitionRequest = act(model, actor=user, **form.cleaned_data)
    except ActionError as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, str(error))
        return None
    return done
