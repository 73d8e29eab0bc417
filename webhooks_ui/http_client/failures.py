"""What can go wrong with a call, as a class for programs and in words for people."""

import enum
import socket

import aiohttp
import ssrfguard

from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client.egress import refusal_in_words


class Failure(enum.Enum):
    """Why no answer came."""

    REFUSED_BY_POLICY = "refused by policy"
    NAME = "name does not resolve"
    CONNECTION = "no connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "not an answer"


CAUGHT = (
    aiohttp.ClientError,
    TimeoutError,
    OSError,
    ValueError,
    ssrfguard.SSRFGuardError,
    UrlRefusedError,
)
"""What a call may raise; anything else is a fault of ours."""


def classify(error: Exception, *, seconds: float) -> tuple[Failure, str]:
    """Return the class of a failed call and a sentence about it.

    Args:
        error: what the call raised, one of `CAUGHT`.
        seconds: the deadline that was in force.
    """
    match error:
        case UrlRefusedError():
            outcome = Failure.REFUSED_BY_POLICY, str(error)
        case ssrfguard.SSRFGuardError():
            outcome = Failure.REFUSED_BY_POLICY, refusal_in_words(error)
        case aiohttp.ConnectionTimeoutError():
            outcome = Failure.TIMEOUT, "No connection within the time limit."
        case TimeoutError():
            outcome = Failure.TIMEOUT, f"No complete answer within {seconds:g} s."
        case aiohttp.ClientConnectorError():
            outcome = _connecting(error)
        case aiohttp.ServerDisconnectedError():
            outcome = Failure.PROTOCOL, "The receiver hung up without answering."
        case OSError():
            outcome = Failure.CONNECTION, f"The connection broke: {_os_words(error)}."
        case _:
            outcome = Failure.PROTOCOL, f"No HTTP answer came back ({_name(error)})."
    return outcome


def _connecting(error: aiohttp.ClientConnectorError) -> tuple[Failure, str]:
    """Tell apart what may go wrong before the first byte is sent."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Failure.NAME, f"The name {error.host} does not resolve."
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        reason = getattr(cause, "verify_message", "") or str(cause)
        return Failure.TLS, f"The certificate was not accepted: {reason}."
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        reason = getattr(error.os_error, "reason", None) or "handshake failed"
        return Failure.TLS, f"TLS failed: {str(reason).replace('_', ' ').lower()}."
    return Failure.CONNECTION, f"No connection: {_os_words(error.os_error)}."


def _os_words(error: OSError) -> str:
    """Return the system's words for an error, without addresses or numbers."""
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if error.errno is None:
        return _name(error)
    text = error.strerror or _name(error)
    # asyncio puts "Connect call failed ('127.0.0.1', 9)" there in place of a reason.
    return "connection refused" if "Connect call failed" in text else text.lower()


def _name(error: Exception) -> str:
    return type(error).__name__
