"""The pages that say who may do what and why, and on which levels are granted."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registry_ui import permissions
from registry_ui.actions.permissions import grant_level, revoke_level
from registry_ui.forms import GrantForm, RevocationForm, holders_called
from registry_ui.models import (
    NO_LEVEL,
    Level,
    ModelPermission,
    RegisteredModel,
)
from registry_ui.views.access import grants_on, held_through, level_after
from registry_ui.views.getters import signed_in, visible_model_or_404
from registry_ui.views.metadata import takes_form

MODEL = "registry_ui/model_permissions.html"
REGISTRY = "registry_ui/registry_permissions.html"
PROPOSED_HOLDERS = 500
SHOWN_MANAGERS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's two forms ask for; at most one of them was sent.

    Attributes:
        form: to grant a level, or change one.
        revocation: to remove one; None unless somebody is about to.
        changed: the grant that would become another one or go; None if it is new.
        level: what it would be then; 0 if it goes.
    """

    form: GrantForm
    revocation: RevocationForm | None = None
    changed: ModelPermission | None = None
    level: int = NO_LEVEL

    @property
    def sent(self) -> GrantForm | RevocationForm:
        """Return the form that counts."""
        return self.revocation or self.form


@takes_form
def model_permissions(request: HttpRequest, name: str) -> HttpResponse:
    """Show who holds which level on a model; take a grant, or remove one."""
    user = signed_in(request)
    return _permissions(request, user, visible_model_or_404(user, name))


@takes_form
def registry_permissions(request: HttpRequest) -> HttpResponse:
    """Show the same of the whole registry: one's own access, to managers all of it."""
    return _permissions(request, signed_in(request), None)


def _permissions(
    request: HttpRequest, user: User, model: RegisteredModel | None
) -> HttpResponse:
    may_manage = permissions.may_manage_permissions(user, model)
    if request.method == "POST" and not may_manage:
        raise PermissionDenied
    grants = grants_on(model)
    asked = _asked(request, model, grants)
    after = level_after(user, grants, asked.changed, asked.level)
    gives_up = may_manage and after < Level.CAN_MANAGE
    if request.method == "POST" and _is_to_be_done(asked, is_safe=not gives_up):
        messages.success(request, _do(asked, user, model))
        # Who has just given up what let them read it has no page of it to see.
        is_readable = model is None or after > NO_LEVEL
        return redirect(request.path if is_readable else "registry_ui:model_list")
    context = {
        "model": model,
        "grants": grants,
        "asked": asked,
        "may_manage": may_manage,
        "gives_up": gives_up,
        "after": Level(after).label if after else "no level at all",
        **_people(user, model, grants),
        **(_proposals() if may_manage else {}),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, MODEL if model else REGISTRY, context, status=status)


def _asked(
    request: HttpRequest,
    model: RegisteredModel | None,
    grants: list[ModelPermission],
) -> Asked:
    """Read what was sent, or what a link of the table proposes to change."""
    scope = ModelPermission.objects.filter(model=model)
    here = [grant for grant in grants if grant.model_id == (model and model.pk)]
    if request.method != "POST":
        return _proposed(request, scope, here)
    if request.POST.get("act") == "remove":
        revocation = RevocationForm(request.POST, grants=scope)
        leaving = revocation.is_valid() and revocation.cleaned_data["grant"]
        return Asked(GrantForm(), revocation, changed=leaving or None)
    form = GrantForm(request.POST)
    if not form.is_valid():
        # On a small screen the form stands far below the top of the page.
        form.fields[next(iter(form.errors))].widget.attrs["autofocus"] = True
        return Asked(form)
    holder = form.cleaned_data["holder"]
    held = [grant for grant in here if holder in (grant.user, grant.group)]
    changed = held[0] if held else None
    return Asked(form, changed=changed, level=form.cleaned_data["level"])


def _proposed(request: HttpRequest, scope: Any, here: list[ModelPermission]) -> Asked:
    by_pk = {str(grant.pk): grant for grant in here}
    if leaving := by_pk.get(request.GET.get("remove", "")):
        revocation = RevocationForm(grants=scope, initial={"grant": leaving.pk})
        return Asked(GrantForm(), revocation, changed=leaving)
    if changing := by_pk.get(request.GET.get("change", "")):
        initial = {"holder": _typed(changing), "level": changing.level}
        return Asked(GrantForm(initial=initial))
    return Asked(GrantForm())


def _is_to_be_done(asked: Asked, *, is_safe: bool) -> bool:
    """Will it do, and is the person sure, where it takes away their own Can Manage?"""
    form = asked.sent
    return form.is_valid() and (is_safe or form.cleaned_data["sure"])


def _do(asked: Asked, user: User, model: RegisteredModel | None) -> str:
    """Hand what was typed to the action, and say what came of it."""
    where = model.name if model else "all models"
    data = asked.sent.cleaned_data
    if asked.revocation:
        grant = data["grant"]
        revoke_level(grant, actor=user)
        level = Level(grant.level).label
        return f"{level} on {where} is taken back from {_name(grant.holder)}."
    grant_level(data["holder"], data["level"], actor=user, model=model)
    return f"{_name(data['holder'])} holds {data['level'].label} on {where}."


def _people(
    user: User, model: RegisteredModel | None, grants: list[ModelPermission]
) -> dict[str, Any]:
    """Return who holds what, and what each level allows."""
    held = held_through(grants, user)
    rows = [*permissions.ON_A_MODEL, *(() if model else permissions.REGISTRY_WIDE)]
    own = held.own.level
    return {
        "held": held,
        "managers": held.managers[:SHOWN_MANAGERS],
        "has_more_managers": len(held.managers) > SHOWN_MANAGERS,
        "levels": [(NO_LEVEL, "No permissions"), *Level.choices],
        "abilities": rows,
        "may_do": [row for row in rows if own >= row.level],
        "may_not_do": [row for row in rows if own < row.level],
    }


def _proposals() -> dict[str, Any]:
    """Return whom the form proposes, the first ones by name; any other may be typed."""
    users = User.objects.filter(is_active=True).order_by("username")
    groups = Group.objects.order_by("name").values_list("name", flat=True)
    return {
        "users": list(users[:PROPOSED_HOLDERS]),
        "groups": list(groups[:PROPOSED_HOLDERS]),
    }


def _name(holder: User | Group) -> str:
    if isinstance(holder, User):
        return holder.get_full_name() or holder.get_username()
    return holder.name


def _typed(grant: ModelPermission) -> str:
    """Return what names the grant's holder and nobody else in the form."""
    holder = grant.holder
    if isinstance(holder, User):
        kind, name = "user", holder.get_username()
    else:
        kind, name = "group", holder.name
    return name if holders_called(name) == [holder] else f"{kind}:{name}"
