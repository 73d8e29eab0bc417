"""Calls whose token does not work: counted by address, and on record once too many."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.utils import timezone

from registry_ui.errors import LimitExceededError
from registry_ui.events import EventType, record_event
from registry_ui.models import Allowance, ApiToken

FAILURE, RECORD = "bad_token", "bad_token_record"
WINDOW = timedelta(hours=1)
MOST_FAILURES = 20
IPV4_BITS, IPV6_BITS = 32, 64
"""How much of an address is counted for: whoever has IPv6 has all of a /64."""
UNKNOWN = "unknown"


def count_failure(secret: str, *, address: str) -> None:
    """Count a call whose token does not work.

    Of an address that goes on there is one audit event an hour, not one a call. A
    token that works is never asked about: others may share the address.

    Args:
        secret: what was sent.
        address: who sent it, as the web server knows it.

    Raises:
        LimitExceededError: there were too many from that address within an hour.
    """
    now = timezone.now()
    holder = network_of(address, IPV4_BITS, IPV6_BITS)
    wait = Allowance.objects.use(
        holder, FAILURE, most=MOST_FAILURES, now=now, window=WINDOW
    )
    if wait is None:
        return
    with transaction.atomic():
        if not Allowance.objects.use(holder, RECORD, most=1, now=now, window=WINDOW):
            _record(secret, holder)
    raise LimitExceededError(
        f"From your address came {MOST_FAILURES} calls within an hour whose token does"
        " not work, and so does not this one's. A valid token works all the while.",
        wait,
    )


def network_of(address: str, ipv4_bits: int, ipv6_bits: int) -> str:
    """Return the network of so many bits that an address is in; a whole one as it is.

    Returns:
        Such as `192.0.2.0/24`; `unknown` for what is no IP address.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = ipv6_bits if isinstance(found, IPv6Address) else ipv4_bits
    if bits == found.max_prefixlen:
        return str(found)
    return str(ip_network((found, bits), strict=False))


def _record(secret: str, holder: str) -> None:
    """Record that an address had too many; with the token that was sent, if known."""
    token = ApiToken.objects.with_secret(secret).select_related("user").first()
    record_event(
        EventType.API_TOKEN_REFUSED,
        actor=None,
        address=holder,
        calls=MOST_FAILURES,
        owner=token.user.get_username() if token else "",
        name=token.name if token else "",
        prefix=token.prefix if token else "",
    )
