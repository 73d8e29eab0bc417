"""What can go wrong with a call, as a class for programs and in words for people."""

import enum
import errno
import socket
import ssl
from http import HTTPStatus

import aiohttp
import ssrfguard
from django.conf import settings

from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client.egress import (
    LOOKUP_SECONDS_OF_CALL,
    NameServerSilentError,
    refusal_in_words,
)

MAX_HEADER_BYTES = 64 * 1024
_LACKS = frozenset(
    {
        errno.EADDRNOTAVAIL,
        errno.EMFILE,
        errno.ENETDOWN,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
    }
)
"""What this machine may be short of."""


class Failure(enum.Enum):
    """Why no answer came."""

    REFUSED_BY_POLICY = "refused by policy"
    NAME = "name does not resolve"
    CONNECTION = "no connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "not an answer"
    OURS = "our own fault"


class HeadersTooLargeError(ValueError):
    """The headers of an answer hold more than 64 KiB."""


CAUGHT = (
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    ValueError,
    ssrfguard.SSRFGuardError,
    UrlRefusedError,
)
"""What a call may raise; anything else is a fault of ours."""


def classify(
    error: Exception, *, seconds: float, connect_seconds: float
) -> tuple[Failure, str]:
    """Return the class of a failed call and a sentence about it.

    Args:
        error: what the call raised, one of `CAUGHT`.
        seconds: the deadline of the headers that was in force.
        connect_seconds: that of the connection.
    """
    match error:
        case UrlRefusedError():
            outcome = Failure.REFUSED_BY_POLICY, str(error)
        case ssrfguard.SSRFGuardError():
            outcome = Failure.REFUSED_BY_POLICY, refusal_in_words(error)
        case aiohttp.ConnectionTimeoutError():
            words = f"No connection within {connect_seconds:g} s."
            outcome = Failure.TIMEOUT, words
        case TimeoutError():
            way = _behind_proxy(" through the egress proxy")
            words = (
                f"Connected, but no complete headers came{way} within {seconds:g} s."
            )
            outcome = Failure.TIMEOUT, words
        case aiohttp.ClientConnectorError():
            outcome = _connecting(error)
        case aiohttp.ServerDisconnectedError():
            way = _behind_proxy(", or the egress proxy,")
            words = f"The receiver{way} hung up without answering."
            outcome = Failure.PROTOCOL, words
        case OSError():
            outcome = _broken(error)
        case _:
            outcome = _not_understood(error)
    return outcome


def _behind_proxy(words: str) -> str:
    return words if settings.WEBHOOK_PROXY else ""


def _broken(error: OSError) -> tuple[Failure, str]:
    """Tell a refusal of our certificate, or of its lack, from what else may break."""
    if isinstance(error.__cause__, ssl.SSLError):
        return Failure.TLS, _tls_words(error.__cause__)
    return Failure.CONNECTION, f"The connection broke: {_os_words(error)}."


def _not_understood(error: Exception) -> tuple[Failure, str]:
    """Tell a proxy's refusal from a receiver's answer that is none."""
    if not isinstance(error, aiohttp.ClientHttpProxyError):
        return Failure.PROTOCOL, _not_an_answer(error)
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        words = "The egress proxy does not take Signoff's user name and password."
        return Failure.OURS, words
    words = f"The egress proxy answered {error.status} and did not pass it on."
    return Failure.PROTOCOL, words


def _connecting(error: aiohttp.ClientConnectorError) -> tuple[Failure, str]:
    """Tell apart what may go wrong before the first byte is sent."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _looking_up(error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Failure.TLS, "The certificate was not accepted."
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return Failure.TLS, _tls_words(error.os_error)
    words = _os_words(error.os_error)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return Failure.OURS, f"The egress proxy cannot be reached: {words}."
    if error.os_error.errno in _LACKS:
        return Failure.OURS, f"Signoff cannot open a connection: {words}."
    return Failure.CONNECTION, f"No connection: {words}."


def _looking_up(error: aiohttp.ClientConnectorDNSError) -> tuple[Failure, str]:
    """Tell apart a name that does not exist from a name server that is no help."""
    if isinstance(error.os_error, NameServerSilentError):
        return Failure.OURS, (
            f"Signoff's name server did not answer for {error.host} within"
            f" {LOOKUP_SECONDS_OF_CALL:g} s."
        )
    if error.os_error.errno == socket.EAI_AGAIN:
        return Failure.OURS, f"Signoff's name server cannot look {error.host} up now."
    if settings.WEBHOOK_PROXY:
        words = f"The egress proxy's name {error.host} does not resolve."
        return Failure.OURS, words
    return Failure.NAME, f"The name {error.host} does not resolve."


def _not_an_answer(error: Exception) -> str:
    if isinstance(error, HeadersTooLargeError):
        return "The headers of the answer are too large: more than 64 KiB."
    # aiohttp has classes for these, and wraps them: its words are what is left.
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else ""
    if said.startswith("Got more than"):
        return "The headers of the answer are too large: a line exceeds 8,190 bytes."
    if said.startswith("Too many headers"):
        return "The headers of the answer are too many: more than 128."
    return f"No HTTP answer came back ({_name(error)})."


def _tls_words(error: OSError) -> str:
    reason = getattr(error, "reason", None) or "handshake failed"
    return f"TLS failed: {str(reason).replace('_', ' ').lower()}."


def _os_words(error: OSError) -> str:
    """Return the system's words for an error, without addresses or numbers."""
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if isinstance(error, ConnectionResetError):
        return "connection reset by peer"
    if error.errno is None:
        return _name(error)
    text = error.strerror or _name(error)
    # asyncio puts "Connect call failed ('127.0.0.1', 9)" there in place of a reason.
    return "connection refused" if "Connect call failed" in text else text.lower()


def _name(error: Exception) -> str:
    return type(error).__name__
