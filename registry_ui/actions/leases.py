"""A lease in a row: one at a time, whoever starts it, and another one if it dies."""

import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from registry_ui.models import EvidenceState, MirrorState

LEASE = timedelta(seconds=120)
"""More than the deadlines of the calls between two renewals."""

Leased = type[EvidenceState] | type[MirrorState]
"""Tables of one row that hold a `lease_token` and when it expires."""


class LeaseLostError(Exception):
    """Somebody else took over, since the holder stood still for too long."""


def take_lease(table: Leased) -> str | None:
    """Become the one that works, or learn that somebody else is at it.

    Returns:
        The token to renew the lease with and to name in conditional updates.
    """
    token = secrets.token_hex(16)
    now = timezone.now()
    table.objects.get_or_create(id=table.ONLY)
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    taken = table.objects.filter(free, id=table.ONLY).update(
        lease_token=token, lease_expires_at=now + LEASE
    )
    return token if taken else None


def renew_lease(table: Leased, token: str) -> None:
    """Go on holding the lease.

    Raises:
        LeaseLostError: it ran out, and somebody else holds it.
    """
    expires_at = timezone.now() + LEASE
    if not table.objects.filter(lease_token=token).update(lease_expires_at=expires_at):
        raise LeaseLostError
