"""Granting and revoking permission levels."""

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


@transaction.atomic
def revoke_level(grant: ModelPermission, *, actor: User) -> None:
    """Take back what was granted; nothing happens if it is gone already.

    Raises:
        PermissionDenied: the actor does not hold Can Manage there.
    """
    _refuse_unless_manager(actor, grant.model)
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
