"""Policies: what holds, each in its versions, and the editor with its preview."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from registry_ui import permissions
from registry_ui.actions.backtest import AS_OF_TODAY
from registry_ui.actions.dry_runs import LEFT_OUT
from registry_ui.actions.policies import (
    Change,
    PolicyChange,
    apply_policies,
    are_reordered,
    policies_in_force,
    policy_of_request,
    state_of,
)
from registry_ui.actions.policy_previews import preview_of
from registry_ui.actions.policy_warnings import warnings_of
from registry_ui.actions.visible_policies import (
    card_of,
    held_as,
    versions_of,
    visible_policies,
)
from registry_ui.errors import ActionError
from registry_ui.forms import PoliciesForm
from registry_ui.htmx import render_page
from registry_ui.models import (
    TransitionRequest,
)
from registry_ui.policies import (
    CHOICES,
    Policy,
    write_document,
)
from registry_ui.views.getters import signed_in
from registry_ui.views.waiting import WaitingRequest, with_open_gates

LIST = "registry_ui/policy_list.html"
DETAIL = "registry_ui/policy_detail.html"
EDIT = "registry_ui/policies_edit.html"
SHOWN_REQUESTS = 20
MOST_CARDS = 8
"""So many policies show their rules on one page; of more it is a list."""


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Show the policies that hold, in the order in which they are tried."""
    user = signed_in(request)
    defaults = [
        Policy(one, 1, is_default=True) for one in CHOICES[settings.DEFAULT_POLICY]
    ]
    cards = visible_policies(user, policies_in_force())
    context = {
        "cards": cards,
        "are_many": len(cards) > MOST_CARDS,
        "defaults": [card_of(one, one.definition.models) for one in defaults],
        "may_edit": permissions.may_manage_registry(user),
    }
    return render_page(request, LIST, context, partial="policies")


@require_safe
def policy_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one policy: what it asks for, what waits for it, and its versions."""
    user = signed_in(request)
    versions = versions_of(name)
    if not versions:
        raise Http404
    current = next(v for v in versions if v.number == v.policy.current)
    card = next(iter(visible_policies(user, [held_as(current)])), None)
    if card is None:
        raise Http404
    chosen = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.number) == chosen), current)
    # An older version may name models that the newest one does not.
    cards = visible_policies(user, [held_as(shown)])
    if not cards:
        raise Http404
    is_held = current.policy.retired_at is None
    context = {
        "card": card,
        "row": current.policy,
        "versions": versions,
        "shown": shown,
        "text": write_document([cards[0].as_seen]),
        "waiting": _waiting(user, name) if is_held else [],
        "warnings": warnings_of([card.policy.definition]) if is_held else [],
        "may_edit": permissions.may_manage_registry(user),
    }
    return render_page(request, DETAIL, context, partial="policy")


def policies_edit(request: HttpRequest) -> HttpResponse:
    """Edit all policies as one document: check it as one types, then let it hold."""
    user = signed_in(request)
    if not permissions.may_manage_registry(user):
        raise PermissionDenied
    held = policies_in_force()
    if request.method != "POST":
        text = write_document(policy.definition for policy in held)
        form = PoliciesForm({"text": text, "seen": state_of(held)})
        return _editor(request, form)
    form = PoliciesForm(request.POST)
    if form.is_valid() and request.POST.get("do") == "apply":
        try:
            changes = apply_policies(
                form.definitions, actor=user, seen=form.cleaned_data["seen"]
            )
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _told(changes, held))
            return redirect("registry_ui:policy_list")
    return _editor(request, form)


def _editor(request: HttpRequest, form: PoliciesForm) -> HttpResponse:
    is_valid = form.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "left_out": LEFT_OUT,
        "as_of_today": AS_OF_TODAY,
    }
    if is_valid:
        context["preview"] = preview_of(form.definitions)
    # A preview is asked for while one types: what is wrong in it is no failure.
    is_preview = request.POST.get("do") == "check"
    status = 200 if is_valid or is_preview else 422
    return render_page(request, EDIT, context, partial="preview", status=status)


def _told(changes: Sequence[PolicyChange], held: Sequence[Policy]) -> str:
    changed = [one for one in changes if one.change is not Change.SAME]
    if not changed and are_reordered(held, changes):
        return "From now on the policies are tried in this order."
    if not changed:
        return "The policies say the same as before; nothing was changed."
    words = ", ".join(f"{one.name} {one.change}" for one in changed)
    return f"From now on these policies hold. {words[0].upper()}{words[1:]}."


def _waiting(user: User, name: str) -> list[WaitingRequest]:
    """Return open requests that the policy governs, with the gates they lack."""
    policies = policies_in_force()
    requests = TransitionRequest.objects.open().visible_to(user)
    requests = requests.select_related("version__model", "requested_by")
    governed = [
        one
        for one in requests
        if not (policy := policy_of_request(one, policies=policies)).is_default
        and policy.definition.name == name
    ]
    return with_open_gates(governed[:SHOWN_REQUESTS])
