"""Service accounts, and what the administration panel did to accounts and groups.

There Django's own forms save, and it is put on record here; who may do what in the
panel is `registry_ui/admin.py`'s.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from registry_ui import permissions
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import ServiceAccount

_PASSWORD = "password"  # noqa: S105 - the name of a field
_PASSWORD_FIELDS = {"password1", "password2", "usable_password", _PASSWORD}
_EVENTS = {
    (User, True): EventType.USER_CREATED,
    (User, False): EventType.USER_UPDATED,
    (Group, True): EventType.GROUP_CREATED,
    (Group, False): EventType.GROUP_UPDATED,
}


def record_saved_account(
    account: User | Group,
    *,
    actor: User,
    is_new: bool,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Record what a form changed of an account or group, in the form's transaction.

    Args:
        account: as it is now.
        actor: who sent the form.
        is_new: it was added.
        before: the values of the changed fields as the form showed them.
        after: the same as they were sent. Of a password only that it changed is kept.
    """
    open_fields = [name for name in after if name not in _PASSWORD_FIELDS]
    changed = [*open_fields, *([_PASSWORD] if len(open_fields) < len(after) else [])]
    if not changed:
        return
    record_event(
        _EVENTS[type(account), is_new],
        actor=actor,
        **_named(account),
        changed=changed,
        before={name: _plain(before.get(name)) for name in open_fields},
        after={name: _plain(after[name]) for name in open_fields},
    )


@transaction.atomic
def service_account(name: str, *, actor: User) -> User:
    """Return the service account of that name, made if nobody is called so.

    It has no password and cannot be given one that lets it sign in on the page.

    Raises:
        PermissionDenied: the actor is no administrator.
        ActionError: a person is called so.
    """
    if not permissions.may_manage_registry(actor):
        raise PermissionDenied
    known = User.objects.filter(username=name).first()
    if known is not None:
        if not ServiceAccount.objects.filter(user=known).exists():
            raise ActionError(
                f"{name} is a person, who makes tokens on their own account page."
                " Choose another name for the service account."
            )
        if not known.is_active:
            raise ActionError(f"The service account {name} is not active.")
        return known
    user = User.objects.create_user(name)
    ServiceAccount.objects.create(user=user)
    record_event(EventType.USER_CREATED, actor=actor, user=name, is_service=True)
    return user


def record_deleted_group(group: Group, *, actor: User) -> None:
    """Record that a group is gone."""
    record_event(EventType.GROUP_DELETED, actor=actor, **_named(group))


def _named(account: User | Group) -> dict[str, Any]:
    if isinstance(account, User):
        return {"user": account.get_username()}
    return {"group": account.name}


def _plain(value: Any) -> Any:
    """Return what JSON can hold: rows as their names, times as text."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted(map(str, value))
    return value if isinstance(value, bool | str | None) else str(value)
