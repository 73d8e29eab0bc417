"""Granting and revoking levels."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied

from registry_ui import permissions
from registry_ui.actions.permissions import grant_level, grant_levels, revoke_level
from registry_ui.models import (
    NO_LEVEL,
    AuditEvent,
    Level,
    ModelPermission,
    RegisteredModel,
)
from tests.factories import grant, make_model, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make_user(username="ada", is_superuser=True)


def _recorded() -> list[tuple[str, dict[str, Any]]]:
    events = AuditEvent.objects.order_by("position")
    return [(event.type, json.loads(event.body)["details"]) for event in events]


def _level_now(user: User, model: RegisteredModel) -> int:
    """Return what the user's next request finds."""
    return permissions.level_of(User.objects.get(pk=user.pk), model)


def test_a_level_is_granted_changed_and_revoked_on_record(administrator: User) -> None:
    user, model = make_user(username="rita"), make_model()

    grant_level(user, Level.CAN_READ, actor=administrator, model=model)
    held = grant_level(user, Level.CAN_EDIT, actor=administrator, model=model)
    assert _level_now(user, model) == Level.CAN_EDIT
    revoke_level(held, actor=administrator)

    assert _level_now(user, model) == NO_LEVEL
    who = {"user": "rita", "group": ""}
    assert _recorded() == [
        ("permission.granted", {"level": "CAN_READ", "level_before": ""} | who),
        ("permission.granted", {"level": "CAN_EDIT", "level_before": "CAN_READ"} | who),
        ("permission.revoked", {"level": "CAN_EDIT"} | who),
    ]


def test_a_group_holds_a_level_on_the_whole_registry(administrator: User) -> None:
    group = Group.objects.create(name="ml")
    member = make_user()
    member.groups.add(group)

    grant_level(group, Level.CAN_EDIT, actor=administrator)

    assert permissions.level_of(member, make_model()) == Level.CAN_EDIT


def test_granting_what_is_held_records_nothing(administrator: User) -> None:
    user = make_user()
    first = grant_level(user, Level.CAN_READ, actor=administrator)

    again = grant_level(user, Level.CAN_READ, actor=administrator)

    assert again == first
    assert len(_recorded()) == 1


def test_revoking_twice_records_once(administrator: User) -> None:
    held = grant(make_user(), Level.CAN_READ)
    twin = ModelPermission.objects.get(pk=held.pk)

    revoke_level(held, actor=administrator)
    revoke_level(twin, actor=administrator)

    assert [kind for kind, _ in _recorded()] == ["permission.revoked"]


def test_who_manages_a_model_grants_on_it_and_nowhere_else() -> None:
    model, manager = make_model(), make_user()
    grant(manager, Level.CAN_MANAGE, model)

    assert grant_level(make_user(), Level.CAN_READ, actor=manager, model=model)
    for elsewhere in (make_model(), None):
        with pytest.raises(PermissionDenied):
            grant_level(make_user(), Level.CAN_READ, actor=manager, model=elsewhere)


def test_a_lower_level_grants_and_revokes_nothing() -> None:
    model, actor = make_model(), make_user()
    held = grant(actor, Level.CAN_MANAGE_PRODUCTION_VERSIONS, model)

    with pytest.raises(PermissionDenied):
        grant_level(actor, Level.CAN_MANAGE, actor=actor, model=model)
    with pytest.raises(PermissionDenied):
        revoke_level(held, actor=actor)

    assert permissions.level_of(actor, model) == Level.CAN_MANAGE_PRODUCTION_VERSIONS
    assert _recorded() == []


def test_who_manages_the_whole_registry_grants_on_all_of_it() -> None:
    manager, user, model = make_user(level=Level.CAN_MANAGE), make_user(), make_model()

    everywhere = grant_level(user, Level.CAN_READ, actor=manager)
    grant_level(user, Level.CAN_EDIT, actor=manager, model=model)
    revoke_level(everywhere, actor=manager)

    assert _level_now(user, model) == Level.CAN_EDIT
    assert _level_now(user, make_model()) == NO_LEVEL
    assert not permissions.may_manage_registry(manager)


def test_many_levels_are_granted_at_once_beside_those_there_are(
    administrator: User,
) -> None:
    model, kept, user = make_model(), make_user(), make_user()
    group = Group.objects.create(name="ml")
    grant(kept, Level.CAN_READ, model)

    levels: dict[User | Group, Level]
    levels = {user: Level.CAN_EDIT, group: Level.CAN_MANAGE}
    grant_levels(levels, actor=administrator, model=model)

    held = {one.holder: one.level for one in model.permissions.all()}
    assert held == {kept: Level.CAN_READ} | levels


def test_whom_a_whole_list_does_not_name_holds_nothing_there_any_more() -> None:
    model, manager, user = make_model(), make_user(), make_user()
    grant(manager, Level.CAN_MANAGE, model)
    grant(user, Level.CAN_READ, model)
    grant(user, Level.CAN_READ)
    elsewhere = grant(user, Level.CAN_EDIT, make_model())

    levels: dict[User | Group, Level] = {user: Level.CAN_READ}
    grant_levels(levels, actor=manager, model=model, are_all=True)

    assert [one.holder for one in model.permissions.all()] == [user]
    assert ModelPermission.objects.filter(pk=elsewhere.pk, level=2).exists()
    assert [name for name, _ in _recorded()] == ["permission.revoked"]


def test_who_does_not_manage_the_model_replaces_nothing() -> None:
    model, user = make_model(), make_user()
    grant(user, Level.CAN_MANAGE_PRODUCTION_VERSIONS, model)

    with pytest.raises(PermissionDenied):
        grant_levels({}, actor=user, model=model, are_all=True)

    assert model.permissions.count() == 1
