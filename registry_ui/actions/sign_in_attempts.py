"""Signing in with a password: how often somebody may try, and on record once too many.

Counted for a name and an address together, so that nobody can lock a colleague out
from elsewhere; and more loosely for an address, whatever the names. The right password
is refused as well while one has to wait: else a guess would tell.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from registry_ui.actions.failed_tokens import IPV4_BITS, IPV6_BITS, network_of
from registry_ui.errors import LimitExceededError
from registry_ui.events import EventType, record_event
from registry_ui.models import Allowance


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many attempts within so long, under the name that they are counted by."""

    purpose: str
    most: int
    window: timedelta


OF_NAME = (
    _Limit("password_1m", 5, timedelta(minutes=1)),
    _Limit("password_15m", 10, timedelta(minutes=15)),
    _Limit("password_1h", 20, timedelta(hours=1)),
)
"""Of one name from one address: who goes on waits longer, and never over an hour."""
OF_ADDRESS = _Limit("password_address", 100, timedelta(minutes=15))
_RECORD = _Limit("password_record", 1, timedelta(hours=1))


def count_attempt(username: str, *, address: str) -> None:
    """Count an attempt before the password is looked at: so many at once count too.

    Raises:
        LimitExceededError: there were too many; the text says when the next may be.
    """
    now = timezone.now()
    counted: list[tuple[str, _Limit]] = []
    for holder, limit in _counted(username, address):
        wait = Allowance.objects.use(
            holder, limit.purpose, most=limit.most, now=now, window=limit.window
        )
        if wait is None:
            counted.append((holder, limit))
            continue
        _give_back(counted)  # nothing was guessed
        _record(username, address, holder)
        whose = "from your address" if limit is OF_ADDRESS else "for this account"
        raise LimitExceededError(
            f"There were too many attempts to sign in {whose}.", wait, then="Try again"
        )


def forgive_attempt(username: str, *, address: str) -> None:
    """Let an attempt not count, since its password was right."""
    _give_back(_counted(username, address))


def _give_back(counted: Iterable[tuple[str, _Limit]]) -> None:
    for holder, limit in counted:
        Allowance.objects.give_back(holder, limit.purpose)


def _counted(username: str, address: str) -> Iterator[tuple[str, _Limit]]:
    """Yield what an attempt counts for; the address first, since names are endless."""
    network = network_of(address, IPV4_BITS, IPV6_BITS)
    yield network, OF_ADDRESS
    both = hashlib.sha256(f"{username.casefold()}\n{network}".encode()).hexdigest()
    for limit in OF_NAME:
        yield both, limit


def _record(username: str, address: str, holder: str) -> None:
    """Record it once an hour; the name if somebody has it: it may be a password."""
    now = timezone.now()
    network = network_of(address, IPV4_BITS, IPV6_BITS)
    user = User.objects.filter(username__iexact=username).first()
    with transaction.atomic():
        if not Allowance.objects.use(
            holder,
            _RECORD.purpose,
            most=_RECORD.most,
            now=now,
            window=_RECORD.window,
        ):
            record_event(
                EventType.SIGN_IN_REFUSED,
                actor=None,
                address=network,
                user=user.get_username() if user else "",
            )
