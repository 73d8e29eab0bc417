"""Certificates of receivers: whom we trust, and in words why one was not accepted."""

import asyncio
import functools
import ssl
from datetime import datetime

import aiohttp
import ssrfguard
from cryptography import x509
from django.conf import settings

from webhooks_ui.http_client.egress import GuardedResolver

LOOK_SECONDS = 2.0
_SHOWN_NAMES = 3

# Source: OpenSSL, x509_vfy.h.
_NOT_YET_VALID = 9
_EXPIRED = 10
_SELF_SIGNED = 18
_UNKNOWN_ROOT = 19
_UNKNOWN_ISSUER = frozenset({20, 21})
_OTHER_NAME = frozenset({62, 64})


@functools.cache
def trusted_context() -> ssl.SSLContext:
    """Return how a receiver's certificate is checked: made once, it takes 40 ms.

    By the system's authorities, or by those that `SSL_CERT_FILE` names.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


async def certificate_in_words(error: aiohttp.ClientConnectorCertificateError) -> str:
    """Return a sentence that says what is wrong with a certificate, with the date.

    The handshake that failed does not show the certificate, so it is looked at in a
    second one, in which nothing is sent. Takes at most 2 seconds.
    """
    cause = error.certificate_error
    code = getattr(cause, "verify_code", 0)
    if code == _SELF_SIGNED:
        return "The certificate is self-signed: nobody vouches for it."
    if code == _UNKNOWN_ROOT or code in _UNKNOWN_ISSUER:
        return (
            "Nobody that is trusted here vouches for the certificate. Either its chain"
            " is not complete, or its authority is not known here."
        )
    if code in {_NOT_YET_VALID, _EXPIRED} or code in _OTHER_NAME:
        certificate = await _presented(error.host, error.port)
        if certificate:
            return _judged(certificate, code, error.host)
    reason = getattr(cause, "verify_message", "") or str(cause)
    return f"The certificate was not accepted: {reason.rstrip('.')}."


def _judged(certificate: x509.Certificate, code: int, host: str) -> str:
    if code == _EXPIRED:
        return f"The certificate expired on {_day(certificate.not_valid_after_utc)}."
    if code == _NOT_YET_VALID:
        day = _day(certificate.not_valid_before_utc)
        return f"The certificate is not valid before {day}."
    names = _names(certificate)
    shown = ", ".join(names[:_SHOWN_NAMES]) or "no name"
    more = " and others" if len(names) > _SHOWN_NAMES else ""
    return f"The certificate is for {shown}{more}, not for {host}."


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [
        str(name.value)
        for name in extension.value
        if isinstance(name, (x509.DNSName, x509.IPAddress))
    ]


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


async def _presented(host: str, port: int | None) -> x509.Certificate | None:
    """Return the certificate that a receiver shows; None if it cannot be had."""
    if settings.WEBHOOK_PROXY or port is None:
        return None  # only the proxy may call receivers
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            (address, *_) = await GuardedResolver().resolve(host, port)
            _, writer = await asyncio.open_connection(
                address["host"], port, ssl=context, server_hostname=host
            )
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
        return x509.load_der_x509_certificate(shown)
    except (OSError, TimeoutError, ValueError, ssrfguard.SSRFGuardError):
        return None  # it was there a moment ago; the plain reason will do
