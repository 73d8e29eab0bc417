"""Granting and revoking permission levels."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.events import EventType, record_event
from registry_ui.models import Level, ModelPermission, RegisteredModel


@transaction.atomic
def grant_level(
    holder: User | Group,
    level: Level,
    *,
    actor: User,
    model: RegisteredModel | None = None,
) -> ModelPermission:
    """Let a user or a group hold a level, in place of what they were granted before.

    Args:
        holder: who holds it.
        level: granting the one that is held already changes and records nothing.
        actor: who grants it.
        model: None: on the whole registry.

    Raises:
        PermissionDenied: the actor does not hold Can Manage there.
    """
    _refuse_unless_manager(actor, model)
    return _let_hold(holder, level, actor=actor, model=model)


@transaction.atomic
def grant_levels(
    levels: Mapping[User | Group, Level],
    *,
    actor: User,
    model: RegisteredModel | None = None,
    are_all: bool = False,
) -> None:
    """Do the same for many users and groups at once.

    Args:
        levels: who shall hold what.
        actor: who grants them; may take back their own Can Manage with it.
        model: None: on the whole registry.
        are_all: take back what was granted there to anybody else.

    Raises:
        PermissionDenied: the actor does not hold Can Manage there.
    """
    _refuse_unless_manager(actor, model)
    for holder, level in levels.items():
        _let_hold(holder, level, actor=actor, model=model)
    if not are_all:
        return
    grants = ModelPermission.objects.filter(model=model).select_related(
        "model", "user", "group"
    )
    for grant in grants.order_by("pk"):
        if grant.holder not in levels:
            _take_back(grant, actor=actor)


@transaction.atomic
def revoke_level(grant: ModelPermission, *, actor: User) -> None:
    """Take back what was granted; nothing happens if it is gone already.

    Raises:
        PermissionDenied: the actor does not hold Can Manage there.
    """
    _refuse_unless_manager(actor, grant.model)
    _take_back(grant, actor=actor)


def _let_hold(
    holder: User | Group, level: Level, *, actor: User, model: RegisteredModel | None
) -> ModelPermission:
    key: dict[str, Any] = {
        "model": model,
        "user": holder if isinstance(holder, User) else None,
        "group": holder if isinstance(holder, Group) else None,
    }
    held = ModelPermission.objects.select_for_update().filter(**key).first()
    if held and held.level == level:
        return held
    grant, _ = ModelPermission.objects.update_or_create(
        **key, defaults={"level": level}
    )
    record_event(
        EventType.PERMISSION_GRANTED,
        actor=actor,
        model=model,
        level=level.name,
        level_before=Level(held.level).name if held else "",
        **_named(grant),
    )
    return grant


def _take_back(grant: ModelPermission, *, actor: User) -> None:
    deleted, _ = ModelPermission.objects.filter(pk=grant.pk).delete()
    if deleted:
        record_event(
            EventType.PERMISSION_REVOKED,
            actor=actor,
            model=grant.model,
            level=Level(grant.level).name,
            **_named(grant),
        )


def _refuse_unless_manager(actor: User, model: RegisteredModel | None) -> None:
    if not permissions.may_manage_permissions(actor, model):
        raise PermissionDenied


def _named(grant: ModelPermission) -> dict[str, Any]:
    """Return the holder by name: the record outlives users and groups."""
    return {
        "user": grant.user.get_username() if grant.user else "",
        "group": grant.group.name if grant.group else "",
    }
