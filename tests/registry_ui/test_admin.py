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
    assert _types() == ["permission.revoked", "permission.revoked"]


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

    assert answer.status_code in (200, 403)
    assert ModelPermission.objects.get().level == Level.CAN_READ
    token.refresh_from_db()
    assert token.revoked_at is None
