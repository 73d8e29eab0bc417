"""A lease in a row: one at a time, whoever starts it, and another one if it dies."""

import hashlib
import os
import secrets
import socket
from datetime import timedelta
from functools import cache
from pathlib import Path

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

    Of a process that was killed, nobody beside it waits until its lease has run out.

    Returns:
        The token to renew the lease with and to name in conditional updates.
    """
    token = f"{_processes()}:{os.getpid()}:{secrets.token_hex(8)}"
    now = timezone.now()
    row, _ = table.objects.get_or_create(id=table.ONLY)
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    if _was_killed(row.lease_token):
        free |= Q(lease_token=row.lease_token)
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


def _was_killed(token: str) -> bool:
    """Is the lease's holder one of the processes beside us, and gone?"""
    processes, _, rest = token.partition(":")
    number = rest.partition(":")[0]
    if processes != _processes() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is another user's
    return False


@cache
def _processes() -> str:
    """Name what numbers of processes are told apart in: a machine, or a container.

    Elsewhere than on Linux each process has its own, so that none is taken for gone.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, space = secrets.token_hex(), ""
    said = f"{socket.gethostname()} {boot} {space}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]
