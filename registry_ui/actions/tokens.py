"""Tokens that scripts sign in with: made, found, revoked."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from registry_ui.actions.failed_tokens import network_of
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import ApiToken, Scope, digest_of
from registry_ui.models.prepared import PreparedLookup

_MARK = "signoff_"
_BYTES = 32
_PREFIX_LENGTH = len(_MARK) + 4
LONGEST_DAYS = 3650
_USE_RESOLUTION = timedelta(minutes=1)
"""How exact `used_at` is: a write for every call would cost more than it tells."""
_IPV4_BITS, _IPV6_BITS = 24, 48
"""How exact `used_from` is: it tells a company from another, not people apart."""
_TOKEN = [field.attname for field in ApiToken._meta.concrete_fields]
_OWNER = [field.attname for field in User._meta.concrete_fields]

# By its digest, so that the time it takes says nothing about the secret.
_with_owner = PreparedLookup(
    lambda digest: (
        ApiToken.objects.filter(digest=digest)
        .order_by()
        .values_list(*_TOKEN, *(f"user__{name}" for name in _OWNER))
    ),
    str,
)


@transaction.atomic
def create_token(
    user: User,
    *,
    actor: User,
    name: str,
    days: int | None = None,
    scopes: Collection[str] = tuple(Scope),
    opens_requests: bool = False,
    within: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of 256 random bits; it is returned this once and never kept.

    Args:
        user: whose token.
        actor: the user, or an administrator.
        name: what it is for.
        days: how long it works; None: until revoked.
        scopes: what it is good for; without them for all that the user may do.
        opens_requests: ask for a move that needs a request, in the call that is
            refused; for clients that send no header of their own, as MLflow's.
        within: the token by which the actor asks; none stronger is made.

    Raises:
        PermissionDenied: the actor makes tokens for somebody else, or by a token a
            stronger one.
        ActionError: the name is missing or too long, the days are out of range, or
            there is no scope, or one that does not exist.
    """
    if actor != user and not actor.is_superuser:
        raise PermissionDenied
    name = name.strip()
    longest = 100
    if not name or len(name) > longest:
        raise ActionError(f"Give the token a name of 1 to {longest} characters.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise ActionError(
            f"A token works for 1 to {LONGEST_DAYS:,} days, or until it is revoked."
        )
    if not scopes or not set(scopes) <= set(Scope):
        raise ActionError(
            f"Give the token one or more of the scopes {', '.join(Scope)}."
        )
    expires_at = timezone.now() + timedelta(days=days) if days else None
    if within is not None:
        _refuse_stronger(within, scopes, expires_at, opens_requests=opens_requests)
        expires_at = expires_at or within.expires_at
    secret = _MARK + secrets.token_urlsafe(_BYTES)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:_PREFIX_LENGTH],
        digest=digest_of(secret),
        scopes=[scope.value for scope in Scope if scope in scopes],
        opens_requests=opens_requests,
        expires_at=expires_at,
        made_with=within,
    )
    record_event(
        EventType.API_TOKEN_CREATED,
        actor=actor,
        owner=user.get_username(),
        name=name,
        prefix=token.prefix,
        scopes=token.scopes,
        opens_requests=opens_requests,
        made_with=within.prefix if within else "",
    )
    return token, secret


def _refuse_stronger(
    token: ApiToken,
    scopes: Collection[str],
    expires_at: datetime | None,
    *,
    opens_requests: bool,
) -> None:
    """Refuse to make by a token what it could not do, or not for so long."""
    called = f"The token {token.name!r} ({token.prefix}…)"
    if lacking := [scope for scope in scopes if scope not in token.scopes]:
        raise PermissionDenied(
            f"{called} makes no token with scopes that it lacks: {', '.join(lacking)}."
        )
    if expires_at and token.expires_at and expires_at > token.expires_at:
        raise PermissionDenied(
            f"{called} makes no token that works longer than itself: until"
            f" {token.expires_at.isoformat(timespec='seconds')}. Leave out the days."
        )
    if opens_requests and not token.opens_requests:
        raise PermissionDenied(
            f"{called} opens no requests, and so makes no token that does."
        )


def find_token(secret: str, *, address: str = "") -> ApiToken | None:
    """Return the usable token of an active user with this secret, and note its use.

    Args:
        secret: what was sent.
        address: who sent it; what is kept is the network around it.
    """
    token = _token_with(secret)
    now = timezone.now()
    if token is None or not token.is_usable(now) or not token.user.is_active:
        return None
    if token.used_at is None or now - token.used_at > _USE_RESOLUTION:
        token.used_at = now
        token.used_from = network_of(address, _IPV4_BITS, _IPV6_BITS)
        token.save(update_fields=["used_at", "used_from"])
    return token


def _token_with(secret: str) -> ApiToken | None:
    """Return the token with its owner, as each call of a program begins."""
    for row in _with_owner(digest_of(secret)):  # one: digests are unique
        token = ApiToken.from_db(DEFAULT_DB_ALIAS, _TOKEN, row[: len(_TOKEN)])
        token.user = User.from_db(DEFAULT_DB_ALIAS, _OWNER, row[len(_TOKEN) :])
        return token
    return None


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User) -> None:
    """Let the token work no longer.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if actor != token.user and not actor.is_superuser:
        raise PermissionDenied
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if revoked:
        record_event(
            EventType.API_TOKEN_REVOKED,
            actor=actor,
            owner=token.user.get_username(),
            name=token.name,
            prefix=token.prefix,
        )
