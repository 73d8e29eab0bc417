"""The admin panel: levels through actions, records to look at only."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from registry_ui.models import ApiToken, AuditEvent, Level, ModelPermission
from tests.factories import (
    grant,
    make_model,
    make_token,
    make_transition_request,
    make_user,
)

READ_ONLY = ("registeredmodel", "apitoken", "auditevent", "transitionrequest")


@pytest.fixture
def administrator(db: None) -> User:
    return make_user(username="ada", is_superuser=True)


@pytest.fixture
def panel(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def _url(name: str, *args: Any) -> str:
    app = "auth" if name.startswith(("user_", "group_")) else "registry_ui"
    return reverse(f"admin:{app}_{name}", args=args)


def _types() -> list[str]:
    events = AuditEvent.objects.order_by("position")
    return list(events.values_list("type", flat=True))


def test_a_level_is_granted_changed_and_taken_back_on_record(panel: Client) -> None:
    user, model = make_user(), make_model()
    form = {"user": user.pk, "model": model.pk, "level": Level.CAN_READ.value}

    panel.post(_url("modelpermission_add"), form)
    held = ModelPermission.objects.get()
    page = _url("modelpermission_change", held.pk)
    panel.post(page, {"level": Level.CAN_EDIT.value})
    held.refresh_from_db()
    assert (held.user, held.model, held.level) == (user, model, Level.CAN_EDIT)
    panel.post(_url("modelpermission_delete", held.pk), {"post": "yes"})

    assert not ModelPermission.objects.exists()
    assert _types() == [
        "permission.granted",
        "permission.granted",
        "permission.revoked",
    ]


def test_several_levels_are_taken_back_on_record(panel: Client) -> None:
    held = [grant(make_user(), Level.CAN_READ).pk for _ in range(3)]

    panel.post(
        _url("modelpermission_changelist"),
        {"action": "delete_selected", "_selected_action": held, "post": "yes"},
    )

    assert not ModelPermission.objects.exists()
    assert _types() == ["permission.revoked"] * 3


def test_a_grant_to_nobody_or_to_both_is_refused(panel: Client) -> None:
    user, group = make_user(), Group.objects.create(name="ml")
    level = Level.CAN_READ.value

    nobody = panel.post(_url("modelpermission_add"), {"level": level})
    both = panel.post(
        _url("modelpermission_add"),
        {"level": level, "user": user.pk, "group": group.pk},
    )

    for answer in (nobody, both):
        assert answer.status_code == 200
        assert "Name a user or a group, not both." in answer.content.decode()
    assert not ModelPermission.objects.exists()


def test_a_second_grant_for_the_same_is_refused_by_the_form(panel: Client) -> None:
    user = make_user(level=Level.CAN_READ)

    answer = panel.post(
        _url("modelpermission_add"),
        {"level": Level.CAN_EDIT.value, "user": user.pk},
    )

    assert answer.status_code == 200
    assert ModelPermission.objects.get().level == Level.CAN_READ


def test_deleting_a_group_takes_its_levels_back_on_record(panel: Client) -> None:
    groups = [Group.objects.create(name=name) for name in ("ml", "ops")]
    for group in groups:
        grant(group, Level.CAN_EDIT)

    panel.post(_url("group_delete", groups[0].pk), {"post": "yes"})
    panel.post(
        _url("group_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [groups[1].pk],
            "post": "yes",
        },
    )

    assert not Group.objects.exists()
    assert _types() == ["permission.revoked", "group.deleted"] * 2


def test_an_account_is_added_and_changed_on_record(panel: Client) -> None:
    group = Group.objects.create(name="ml")
    panel.post(
        _url("user_add"),
        {
            "username": "nia",
            "usable_password": "true",
            "password1": "rather-secret-42",
            "password2": "rather-secret-42",
        },
    )
    nia = User.objects.get(username="nia")
    fields = {"username": "nia", "first_name": "Nia", "is_active": "on"}
    joined = {"date_joined_0": "2026-01-05", "date_joined_1": "09:00:00"}
    joined |= {f"initial-{name}": value for name, value in joined.items()}
    User.objects.filter(pk=nia.pk).update(date_joined="2026-01-05T09:00:00Z")

    panel.post(
        _url("user_change", nia.pk),
        {**fields, **joined, "is_superuser": "on", "groups": [group.pk]},
    )

    nia.refresh_from_db()
    assert nia.is_superuser
    added, changed = AuditEvent.objects.order_by("position")
    assert (added.type, changed.type) == ("user.created", "user.updated")
    assert added.details["changed"] == ["username", "password"]
    assert "rather-secret-42" not in added.body
    assert changed.actor_name == "ada"
    assert changed.details == {
        "user": "nia",
        "changed": ["first_name", "is_superuser", "groups"],
        "before": {"first_name": "", "is_superuser": False, "groups": []},
        "after": {"first_name": "Nia", "is_superuser": True, "groups": ["ml"]},
    }


def test_saving_an_account_as_it_is_records_nothing(panel: Client) -> None:
    group = Group.objects.create(name="ml")

    panel.post(_url("group_change", group.pk), {"name": "ml"})

    assert _types() == []


def test_a_password_is_set_on_record_without_being_in_it(panel: Client) -> None:
    user = make_user(username="nia")
    new = "rather-secret-42"
    page = reverse("admin:auth_user_password_change", args=[user.pk])

    panel.post(page, {"usable_password": "true", "password1": new, "password2": "no"})
    panel.post(page, {"usable_password": "true", "password1": new, "password2": new})

    user.refresh_from_db()
    assert user.check_password(new)
    (event,) = AuditEvent.objects.all()
    assert (event.type, event.details["changed"]) == ("user.updated", ["password"])
    assert new not in event.body
    assert user.password not in event.body


def test_people_are_not_deleted(panel: Client) -> None:
    user = make_user()

    answer = panel.post(_url("user_delete", user.pk), {"post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_tokens_are_revoked_and_never_shown(panel: Client) -> None:
    token, secret = make_token(user=make_user())
    pages = [_url("apitoken_changelist"), _url("apitoken_change", token.pk)]
    for page in pages:
        shown = panel.get(page).content.decode()
        assert token.prefix in shown
        assert token.digest not in shown
        assert secret not in shown

    panel.post(pages[0], {"action": "revoke", "_selected_action": [token.pk]})

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert _types()[-1] == "api_token.revoked"


@pytest.mark.parametrize("name", READ_ONLY)
def test_records_are_listed_and_cannot_be_made_changed_or_deleted(
    panel: Client, name: str
) -> None:
    request = make_transition_request(claim_token="secret-claim")  # noqa: S106 - looked for below
    make_token(user=make_user())
    pk = {
        "registeredmodel": request.version.model.pk,
        "apitoken": ApiToken.objects.get().pk,
        "auditevent": AuditEvent.objects.get().pk,
        "transitionrequest": request.pk,
    }[name]
    search = {"q": "a"}

    assert panel.get(_url(f"{name}_changelist"), search).status_code == 200
    page = panel.get(_url(f"{name}_change", pk))
    assert page.status_code == 200
    assert "secret-claim" not in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    for answer in (
        panel.get(_url(f"{name}_add")),
        panel.post(_url(f"{name}_change", pk), {"status": "applied"}),
        panel.post(_url(f"{name}_delete", pk), {"post": "yes"}),
    ):
        assert answer.status_code == 403


def test_staff_who_manage_nothing_grant_and_revoke_nothing(db: None) -> None:
    staff = make_user(level=Level.CAN_READ)
    staff.is_staff = True
    staff.save(update_fields=["is_staff"])
    staff.user_permissions.set(Permission.objects.all())
    token, _ = make_token(user=make_user())
    client = Client()
    client.force_login(staff)

    answer = client.post(
        _url("modelpermission_add"),
        {"level": Level.CAN_MANAGE.value, "user": staff.pk},
    )
    client.post(
        _url("apitoken_changelist"),
        {"action": "revoke", "_selected_action": [token.pk]},
    )

    raised = client.post(
        _url("user_change", staff.pk), {"username": "staff", "is_superuser": "on"}
    )

    assert answer.status_code in (200, 403)
    assert raised.status_code == 403
    staff.refresh_from_db()
    assert not staff.is_superuser
    assert ModelPermission.objects.get().level == Level.CAN_READ
    token.refresh_from_db()
    assert token.revoked_at is None
