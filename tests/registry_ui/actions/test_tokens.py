"""Tokens: made once, kept as a digest, found, revoked."""

import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.actions.tokens import create_token, find_token, revoke_token
from registry_ui.errors import ActionError
from registry_ui.models import ApiToken, AuditEvent
from tests.factories import make_token, make_user


@pytest.fixture
def owner(db: None) -> User:
    return make_user(username="owen")


def test_a_token_is_kept_as_a_digest_only(owner: User) -> None:
    token, secret = create_token(owner, actor=owner, name="ci", days=30)

    row = ApiToken.objects.values().get(pk=token.pk)
    assert secret.startswith("signoff_")
    assert len(secret) > 50
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert len(row["prefix"]) < 16
    assert secret.startswith(row["prefix"])


def test_making_and_revoking_are_on_record_without_the_secret(owner: User) -> None:
    token, secret = make_token(user=owner)
    revoke_token(token, actor=owner)

    bodies = list(AuditEvent.objects.order_by("position").values_list("type", "body"))
    assert [kind for kind, _ in bodies] == ["api_token.created", "api_token.revoked"]
    assert all(secret not in body for _, body in bodies)
    assert all(token.digest not in body for _, body in bodies)


def test_two_tokens_differ(owner: User) -> None:
    assert make_token(user=owner)[1] != make_token(user=owner)[1]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_token_needs_a_name_that_fits(owner: User, name: str) -> None:
    with pytest.raises(ActionError, match="name of 1 to 100"):
        create_token(owner, actor=owner, name=name)


@pytest.mark.parametrize("days", [0, -1, 3651, 10**12])
def test_a_token_works_for_a_day_to_ten_years(owner: User, days: int) -> None:
    with pytest.raises(ActionError, match="1 to 3,650 days"):
        create_token(owner, actor=owner, name="ci", days=days)


@pytest.mark.parametrize("scopes", [[], ["read", "write"], ["Read"]])
def test_a_token_needs_scopes_that_exist(owner: User, scopes: list[str]) -> None:
    with pytest.raises(ActionError, match="read, request, review, check, admin"):
        create_token(owner, actor=owner, name="ci", scopes=scopes)


def test_nobody_makes_tokens_for_somebody_else_but_administrators(owner: User) -> None:
    with pytest.raises(PermissionDenied):
        create_token(owner, actor=make_user(), name="ci")

    token, _ = create_token(owner, actor=make_user(is_superuser=True), name="ci")

    assert token.user == owner


def test_a_usable_token_is_found_and_its_use_noted_by_the_minute(owner: User) -> None:
    token, secret = make_token(user=owner)

    assert find_token(secret, address="192.0.2.7") == token
    token.refresh_from_db()
    assert token.used_from == "192.0.2.0/24"
    first_use = token.used_at
    assert first_use is not None
    find_token(secret)
    token.refresh_from_db()
    assert token.used_at == first_use

    ApiToken.objects.update(used_at=first_use - timedelta(minutes=2))
    find_token(secret)
    token.refresh_from_db()
    assert token.used_at > first_use - timedelta(minutes=1)


def test_an_unknown_secret_finds_nothing(owner: User) -> None:
    token, _ = make_token(user=owner)

    assert find_token("") is None
    assert find_token(token.digest) is None
    assert find_token(token.prefix) is None


def test_an_expired_token_is_not_found(owner: User) -> None:
    token, secret = make_token(user=owner, days=1)
    token.expires_at = timezone.now()
    token.save(update_fields=["expires_at"])

    assert find_token(secret) is None


def test_a_token_of_somebody_inactive_is_not_found(owner: User) -> None:
    _, secret = make_token(user=owner)
    owner.is_active = False
    owner.save(update_fields=["is_active"])

    assert find_token(secret) is None


def test_a_revoked_token_stays_revoked_since_the_first_time(owner: User) -> None:
    token, secret = make_token(user=owner)
    revoke_token(token, actor=owner)
    token.refresh_from_db()
    revoked_at = token.revoked_at

    revoke_token(token, actor=owner)

    token.refresh_from_db()
    assert token.revoked_at == revoked_at
    assert find_token(secret) is None
    assert AuditEvent.objects.filter(type="api_token.revoked").count() == 1


def test_nobody_revokes_somebody_elses_token_but_administrators(owner: User) -> None:
    token, secret = make_token(user=owner)
    with pytest.raises(PermissionDenied):
        revoke_token(token, actor=make_user())
    assert find_token(secret)

    revoke_token(token, actor=make_user(is_superuser=True))

    assert find_token(secret) is None
