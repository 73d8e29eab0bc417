"""`permissions/registered-models/*` of the dialect: read, set, update, levels.

A model is named by the `id` of `databricks/registered-models/get`, the whole registry
by `root`.
"""

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Self

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from pydantic import BeforeValidator, Field, model_validator

from registry_ui import permissions
from registry_ui.actions.permissions import grant_levels
from registry_ui.api.dialect.lookups import visible_model_by_id_or_404
from registry_ui.api.dialect.operations import Answer, Call, Operation
from registry_ui.api.dialect.parameters import Name, Parameters
from registry_ui.api.texts import Text
from registry_ui.errors import InvalidFieldError
from registry_ui.models import Level, ModelPermission, RegisteredModel, Scope

ROOT = "root"
_MOST_ENTRIES = 1000
_FIELD = "access_control_list"
Holder = User | Group


def _as_level(value: object) -> object:
    """Take a level by Databricks' name.

    Raises:
        ValueError: it is none of the five.
    """
    if isinstance(value, str) and value in Level.names:
        return Level[value]
    raise ValueError(f"There is no such level. Choose one of {', '.join(Level.names)}")


class Entry(Parameters):
    """Who shall hold which level."""

    user_name: Name | None = None
    group_name: Name | None = None
    service_principal_name: Name | None = None
    permission_level: Annotated[Level, BeforeValidator(_as_level)]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.service_principal_name is not None:
            raise ValueError(
                "Signoff has no service principals; give the account as `user_name`"
            )
        if (self.user_name is None) == (self.group_name is None):
            raise ValueError("Give one of `user_name` and `group_name`")
        return self


class GetParameters(Parameters):
    """On which model, or `root`."""

    id: Text


class ChangeParameters(GetParameters):
    """What is granted there."""

    access_control_list: Annotated[
        tuple[Entry, ...], Field(max_length=_MOST_ENTRIES)
    ] = ()


def get(call: Call[GetParameters]) -> Answer:
    """Return what is granted on a model, and registry-wide.

    Of the registry itself only who may change it reads that, as on its page.
    """
    model = _model_or_404(call)
    if model is None and not permissions.may_manage_permissions(call.user, None):
        raise PermissionDenied
    return _describe(model)


def set_(call: Call[ChangeParameters]) -> Answer:
    """Replace all that is granted there by what is given, which may be nothing."""
    return _grant(call, are_all=True)


def update(call: Call[ChangeParameters]) -> Answer:
    """Grant what is given, and leave what is granted to others."""
    return _grant(call, are_all=False)


def levels(call: Call[GetParameters]) -> Answer:
    """Return the five levels, and what each allows that those below do not."""
    _model_or_404(call)
    return {
        "permission_levels": [
            {"permission_level": level.name, "description": _allowed_by(level)}
            for level in Level
        ]
    }


def _model_or_404(call: Call[Any]) -> RegisteredModel | None:
    """Return the model that the address names; None for the whole registry."""
    model_id: str = call.given.id
    return None if model_id == ROOT else visible_model_by_id_or_404(call.user, model_id)


def _grant(call: Call[ChangeParameters], *, are_all: bool) -> Answer:
    model = _model_or_404(call)
    # Before names are looked up: who exists is not told to everybody.
    if not permissions.may_manage_permissions(call.user, model):
        raise PermissionDenied
    wanted = _holders(call.given.access_control_list, model)
    grant_levels(wanted, actor=call.user, model=model, are_all=are_all)
    return _describe(model)


def _holders(
    entries: Collection[Entry], model: RegisteredModel | None
) -> dict[Holder, Level]:
    """Return who is named, and what they shall hold.

    Raises:
        InvalidFieldError: somebody is named twice, or does not exist.
    """
    users = _users_called({entry.user_name for entry in entries}, model)
    groups = Group.objects.in_bulk(
        {entry.group_name for entry in entries if entry.group_name}, field_name="name"
    )
    found: dict[Holder, Level] = {}
    for entry in entries:
        name = entry.user_name or entry.group_name or ""
        holder = users.get(name) if entry.user_name else groups.get(name)
        if holder is None:
            kind = "active account" if entry.user_name else "group"
            raise InvalidFieldError(
                _FIELD, f"`{_FIELD}`: There is no {kind} {name!r}. Nothing was changed."
            )
        if holder in found:
            raise InvalidFieldError(
                _FIELD, f"`{_FIELD}`: {name!r} is named twice. Nothing was changed."
            )
        found[holder] = entry.permission_level
    return found


def _users_called(
    names: Iterable[str | None], model: RegisteredModel | None
) -> dict[str, User]:
    """Return who is active, or holds something there already, by user name."""
    held = ModelPermission.objects.filter(model=model).values("user")
    may_hold = Q(is_active=True) | Q(pk__in=held)
    found = User.objects.filter(may_hold, username__in=[name for name in names if name])
    return {user.get_username(): user for user in found}


def _describe(model: RegisteredModel | None) -> Answer:
    """Return all grants that count on the model, by who holds them."""
    model_id = ROOT if model is None else str(model.pk)
    grants = ModelPermission.objects.filter(Q(model=model) | Q(model=None))
    held: dict[Holder, list[Any]] = {}
    # What is granted on the model itself comes first.
    for grant in sorted(
        grants.select_related("user", "group").order_by("pk"),
        key=lambda grant: grant.model_id is None,
    ):
        is_inherited = model is not None and grant.model_id is None
        held.setdefault(grant.holder, []).append(
            _permission(grant.level, is_inherited=is_inherited)
        )
    for user in User.objects.filter(is_superuser=True, is_active=True).order_by("pk"):
        by_office = _permission(Level.CAN_MANAGE, is_inherited=True)
        held.setdefault(user, []).append(by_office)
    return {
        "object_id": f"/registered-models/{model_id}",
        "object_type": "registered-model",
        _FIELD: [
            {**_named(holder), "all_permissions": granted}
            for holder, granted in held.items()
        ],
    }


def _permission(level: int, *, is_inherited: bool) -> dict[str, Any]:
    found = {"permission_level": Level(level).name, "inherited": is_inherited}
    if not is_inherited:
        return found
    return {**found, "inherited_from_object": [f"/registered-models/{ROOT}"]}


def _named(holder: Holder) -> dict[str, Any]:
    if isinstance(holder, Group):
        return {"group_name": holder.name}
    name = holder.get_username()
    return {"user_name": name, "display_name": holder.get_full_name() or name}


def _allowed_by(level: Level) -> str:
    words = [one.words for one in permissions.ON_A_MODEL if one.level == level]
    return f"Can {'; '.join(words)}."


_AT = "permissions/registered-models/<str:id>"
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", _AT, GetParameters, get, Scope.READ),
    Operation("PUT", _AT, ChangeParameters, set_, Scope.ADMIN),
    Operation("PATCH", _AT, ChangeParameters, update, Scope.ADMIN),
    Operation("GET", f"{_AT}/permissionLevels", GetParameters, levels, Scope.READ),
)
