"""Which addresses may be called: one policy, asked of the URL and of each address.

An address is judged twice, when a webhook is saved and when it is called; the second
time on the very address that is connected to, so a name that changes what it points
to between the two gains nothing.
"""

import asyncio
import functools
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from urllib.parse import SplitResult, urlsplit

import ssrfguard
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from ssrfguard import Block, Reach
from yarl import URL

from webhooks_ui.errors import UrlRefusedError

_LOOKUP_SECONDS = 2.0
LOOKUP_SECONDS_OF_CALL = 3.0
_LONGEST_NAME = 253  # RFC 1035 leaves no more for text
_PRIVILEGED_PORTS = 1024
_WEB_PORTS = frozenset({80, 443})
_HIGHEST_PORT = 65_535
# Azure's wire server answers on a public address, with credentials of the machine.
_AZURE_WIRE_SERVER = Block(
    network=ipaddress.ip_network("168.63.129.16/32"),
    name="Azure wire server",
    rfc="Azure documentation",
    reach=Reach.DENIED,
)
# What is no global unicast of IPv6. More specific rows of the table come first; this is
# for what it has no row for, such as `::ffff:0:127.0.0.1`, which a translator unwraps.
_NOT_GLOBAL = [
    Block(
        network=ipaddress.ip_network(network),
        name="Not global unicast",
        rfc="RFC4291",
        reach=Reach.DENIED,
    )
    for network in ("::/3", "4000::/2", "8000::/1")
]
_DENIED = ssrfguard.AddressTable(
    (*ssrfguard.DEFAULT_DENIED.blocks, _AZURE_WIRE_SERVER, *_NOT_GLOBAL)
)
# A look-up has no time limit of its own; threads of its own keep a slow name server
# from holding up anything but other look-ups.
_lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="webhook-dns")


def check_url(url: str) -> None:
    """Refuse a URL that must not be called, as far as can be told without a look-up.

    Raises:
        UrlRefusedError: the text names the rule and who can do something about it.
    """
    if not _is_demo_receiver(url):
        _check_by(url, *_rules())


def check_destination(url: str) -> None:
    """Refuse a URL that must not be called, looking its name up.

    A name that does not resolve now is let pass: that is no reason to refuse a
    webhook, and the guard looks again at each call. Takes at most 2 seconds.

    Raises:
        UrlRefusedError: as `check_url`, or the name points to a refused address.
    """
    check_url(url)
    parts = _split(url)
    if _is_demo_receiver(url) or not parts.hostname or settings.WEBHOOK_PROXY:
        return  # behind a proxy, names are the proxy's to look up
    lookup = _lookups.submit(resolve, parts.hostname, parts.port or 443)
    try:
        lookup.result(_LOOKUP_SECONDS)
    except (OSError, TookTooLongError):
        return
    except ssrfguard.SSRFGuardError as refusal:
        raise UrlRefusedError(_in_words(refusal)) from refusal


def resolve(host: str, port: int) -> tuple[ssrfguard.Address, ...]:
    """Look a name up; every address it has must be allowed, or none is returned.

    Raises:
        ssrfguard.SSRFGuardError: one of the addresses is refused.
        OSError: the name does not resolve.
    """
    policy = _policy_of(*_rules())
    name = f"[{host}]" if ":" in host else host
    target = policy.check_url(f"https://{name}:{port}/")
    return ssrfguard.resolve(target, policy=policy)


def why_rules_are_useless() -> str:
    """Say why no call can be judged by what is configured; empty if all can be."""
    try:
        _policy_of(*_rules())
    except ValueError as error:
        reason = _brief(str(error)).replace("allowed_networks", "it", 1)
        return f"SIGNOFF_WEBHOOK_ALLOWED_NETWORKS will not do: {reason}."
    return ""


def refusal_in_words(refusal: Exception) -> str:
    """Return the sentence for a refusal that came up while connecting."""
    return _in_words(refusal)


class NameServerSilentError(OSError):
    """Our name server did not answer in time; the receiver may be well."""


class GuardedResolver(AbstractResolver):
    """Hands aiohttp only addresses that the policy has seen and allowed."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the allowed addresses of a name.

        Raises:
            NameServerSilentError: nothing came back within 3 seconds.
            OSError, ssrfguard.SSRFGuardError: as `resolve`.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LOOKUP_SECONDS_OF_CALL):
                addresses = await loop.run_in_executor(_lookups, resolve, host, port)
        except TimeoutError as error:
            raise NameServerSilentError from error
        return [
            ResolveResult(
                hostname=host,
                host=str(address.ip),
                port=port,
                family=address.family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
            if family in (socket.AF_UNSPEC, address.family)
        ]

    async def close(self) -> None:
        """Hold nothing, so release nothing."""


def _rules() -> tuple[tuple[str, ...], bool]:
    """Return what the deployment allows: networks, and whether http."""
    return tuple(settings.WEBHOOK_ALLOWED_NETWORKS), settings.WEBHOOK_ALLOW_HTTP


@functools.lru_cache(maxsize=4)
def _policy_of(networks: tuple[str, ...], allow_http: bool) -> ssrfguard.Policy:
    return ssrfguard.Policy(
        allowed_schemes=frozenset({"http", "https"} if allow_http else {"https"}),
        denied_networks=_DENIED,
        allowed_networks=tuple(ipaddress.ip_network(text) for text in networks),
        allowed_ports=_WEB_PORTS
        | frozenset(range(_PRIVILEGED_PORTS, _HIGHEST_PORT + 1)),
        on_partial_block="reject",
    )


@functools.lru_cache(maxsize=1024)
def _check_by(url: str, networks: tuple[str, ...], allow_http: bool) -> None:
    """Refuse by these rules; what passes is remembered, for each call asks again."""
    policy = _policy_of(networks, allow_http)
    _check_characters(url)
    _check_parts(_split(url), allow_http=allow_http)
    # Twice: aiohttp connects to what yarl makes of the text, and parsers differ.
    for form in (url, _as_yarl_reads(url)):
        try:
            policy.check_url(form)
        except ssrfguard.SSRFGuardError as refusal:
            raise UrlRefusedError(_in_words(refusal)) from refusal


def _is_demo_receiver(url: str) -> bool:
    """Is it the receiver that runs as part of the demo? By its exact address."""
    receiver = settings.WEBHOOK_DEMO_RECEIVER
    if not receiver:
        return False
    try:
        parts, read = urlsplit(url), URL(url)
    except ValueError:
        return False
    return (
        parts.scheme == "http"
        and parts.netloc == receiver
        and f"{read.raw_host}:{read.port}" == receiver
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise UrlRefusedError(f"The URL cannot be read: {error}.") from error
    return parts


def _check_characters(url: str) -> None:
    """Refuse what parsers read differently, or strip without a word."""
    odd = next((one for one in url if one == " " or not one.isprintable()), "")
    if odd:
        what = "a space" if odd == " " else f"the character U+{ord(odd):04X}"
        raise UrlRefusedError(
            f"The URL holds {what}. Leave it out, or write it percent-encoded."
        )


def _check_parts(parts: SplitResult, *, allow_http: bool) -> None:
    """Refuse what can be said in plainer words than the policy's."""
    schemes = {"https", "http"} if allow_http else {"https"}
    if parts.scheme == "http" and "http" not in schemes:
        raise UrlRefusedError(
            "The URL must begin with https://. An operator can allow http with"
            " SIGNOFF_WEBHOOK_ALLOW_HTTP=1."
        )
    if parts.scheme not in schemes:
        ways = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
        raise UrlRefusedError(f"The URL must begin with {ways}.")
    if not parts.hostname:
        raise UrlRefusedError(
            "The URL names no host. Write it like https://receiver.example.com/path."
        )
    if len(parts.hostname) > _LONGEST_NAME:
        raise UrlRefusedError(
            f"The name of the host has {len(parts.hostname):,} characters; no name has"
            f" more than {_LONGEST_NAME}."
        )
    if parts.username is not None or parts.password is not None:
        raise UrlRefusedError(
            "The URL holds a user name or password. Leave them out; a webhook takes"
            " credentials in its field Authorization."
        )
    port = parts.port
    if port is not None and port not in _WEB_PORTS and port < _PRIVILEGED_PORTS:
        raise UrlRefusedError(
            f"The URL names port {port}. Allowed are 443, 80 and those from 1024 on."
        )


def _as_yarl_reads(url: str) -> str:
    try:
        return str(URL(url))
    except ValueError as error:
        raise UrlRefusedError(f"The URL cannot be read: {error}.") from error


def _in_words(refusal: Exception) -> str:
    """Return a sentence that names the rule and the remedy."""
    cause = refusal.__cause__
    if isinstance(cause, ssrfguard.BlockedAddressError):
        refusal = cause
    if isinstance(refusal, ssrfguard.BlockedAddressError):
        if refusal.reason.startswith("resolves to both"):
            return (
                f"{refusal.address} is not a public address alone: it has such that may"
                " be called and such that may not, as names have that trick servers. An"
                " operator can allow networks with SIGNOFF_WEBHOOK_ALLOWED_NETWORKS."
            )
        return (
            f"{refusal.address} is not a public address: {_brief(refusal.reason)}. An"
            " operator can allow networks with SIGNOFF_WEBHOOK_ALLOWED_NETWORKS."
        )
    reason = getattr(refusal, "reason", str(refusal))
    return f"The URL {_brief(reason)}."


def _brief(reason: str) -> str:
    """Return the first sentence of a reason, without the advice for programmers."""
    return reason.partition(". ")[0].rstrip(".")
