"""One request and its answer, within bounds, nothing but the answer kept.

Bounds (all were broken by some packaged client): a total deadline, headers and an
answer of 64 KiB each as they came over the wire, no redirects, no cookies, no proxies
or credentials out of the environment.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from django.conf import settings
from multidict import CIMultiDictProxy
from yarl import URL

from webhooks_ui.http_client.certificates import certificate_in_words, trusted_context
from webhooks_ui.http_client.egress import GuardedResolver, check_url
from webhooks_ui.http_client.failures import (
    CAUGHT,
    MAX_HEADER_BYTES,
    Failure,
    HeadersTooLargeError,
    classify,
)
from webhooks_ui.http_client.jobs import JobRun, JobTrace, KnownForms, start_job

logger = logging.getLogger(__name__)
DEADLINE_SECONDS = 10.0  # of all: looking up, connecting, sending, headers, body
CONNECT_SECONDS = 5.0  # of a connection, the TLS handshake included
BODY_SECONDS = 2.0  # of the deadline: a status that came is an answer
KEPT_SECONDS = 1.0  # of an idle connection; many receivers close theirs after 2 or 5
MAX_ANSWER_BYTES = 64 * 1024
USER_AGENT = "Signoff-Webhooks/1"
KEPT_HEADERS = ("Content-Type", "Retry-After", "Server", "X-Request-Id")
"""Of an answer: what helps to find out why, and holds no secret."""

_KEPT_HEADER_LENGTH = 200
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to send."""

    id: str
    endpoint: str  # requests of one endpoint share its limit
    url: str
    headers: Mapping[str, str] = field(repr=False)  # they may hold a credential
    body: bytes = field(repr=False)
    verifies_tls: bool = True
    start_before: float = float("inf")  # of time.monotonic()
    method: str = "POST"
    keeps_bytes: int = MAX_ANSWER_BYTES
    job: JobRun | None = None  # to start; address and body are made of it

    @property
    def sent_headers(self) -> dict[str, str]:
        """Return all headers as they go over the wire, ours and the client's."""
        return {
            "Host": URL(self.url).host_port_subcomponent or "",
            **_HEADERS,
            **self.headers,
            "Accept": "*/*",
        } | ({"Content-Length": str(len(self.body))} if self.body else {})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status_code` is None where no answer came.

    `headers` are the few of `KEPT_HEADERS`, `body` is cut at 64 KiB, `error` is a
    sentence, empty where the status says it all.
    `job` is what was asked of the jobs API, if it was.
    """

    started_at: datetime
    duration_ms: int
    status_code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    retry_after_seconds: float | None = None
    failure: Failure | None = None
    error: str = ""
    job: JobTrace | None = None


def send(request: Outgoing) -> Answer:
    """Send one request now and wait for its answer, at most 10 seconds."""

    async def once() -> Answer:
        async with await open_session() as session:
            return await call(session, request, {})

    return asyncio.run(once())


async def open_session() -> aiohttp.ClientSession:
    """Make a session whose every door but the guarded one is shut.

    Behind an egress proxy that one door is the proxy's: it looks the names up and
    guards what they point to, and is itself a private address as a rule.
    """
    proxy = settings.WEBHOOK_PROXY or None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=None if proxy else GuardedResolver(),
            use_dns_cache=False,
            limit=0,
            ssl=trusted_context(),
            keepalive_timeout=KEPT_SECONDS,
        ),
        proxy=proxy,
        timeout=aiohttp.ClientTimeout(
            total=DEADLINE_SECONDS, sock_connect=CONNECT_SECONDS
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers=_HEADERS,
    )


async def call(
    session: aiohttp.ClientSession, request: Outgoing, known: KnownForms
) -> Answer:
    """Send one request, or the two that start a job; the deadline is for all.

    A fault of ours becomes an answer, too, so that it stops no call beside this one.
    """
    run = request.job
    started_at = datetime.now(UTC)
    start = time.monotonic()
    send_it = functools.partial(_send, session)
    try:
        if run is None:
            return await send_it(request)
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await start_job(request, run, call=send_it, known=known)
    except TimeoutError as error:
        failure, words = classify(
            error, seconds=DEADLINE_SECONDS, connect_seconds=CONNECT_SECONDS
        )
    except Exception:
        logger.exception("call went wrong endpoint=%s", request.endpoint)
        failure = Failure.PROTOCOL
        words = "Signoff could not make this call; its log says why."
    return Answer(
        started_at=started_at,
        duration_ms=_milliseconds_since(start),
        failure=failure,
        error=words,
    )


async def _send(session: aiohttp.ClientSession, request: Outgoing) -> Answer:
    """Send one request; every failure that a receiver can cause becomes an answer."""
    started_at = datetime.now(UTC)
    start = time.monotonic()
    try:
        check_url(request.url)  # an address in digits never reaches the resolver
        async with session.request(
            request.method,
            request.url,
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            ssl=request.verifies_tls,
        ) as response:
            _check_headers(response)
            body = await _begin_of(response, request.keeps_bytes)
            return Answer(
                started_at=started_at,
                duration_ms=_milliseconds_since(start),
                status_code=response.status,
                headers=_kept(response.headers),
                body=body,
                retry_after_seconds=_retry_after(response.headers),
                error=_redirect_in_words(response),
            )
    except CAUGHT as error:
        failure, words = classify(
            error, seconds=DEADLINE_SECONDS, connect_seconds=CONNECT_SECONDS
        )
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            words = await certificate_in_words(error)
        return Answer(
            started_at=started_at,
            duration_ms=_milliseconds_since(start),
            failure=failure,
            error=_storable(words),
        )


def _check_headers(response: aiohttp.ClientResponse) -> None:
    """Refuse a flood of headers; aiohttp bounds each line and their number alone.

    Raises:
        HeadersTooLargeError: they hold more than 64 KiB.
    """
    size = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
    if size > MAX_HEADER_BYTES:
        raise HeadersTooLargeError


async def _begin_of(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read at most so many bytes as they came over the wire, for at most 2 seconds."""
    content = response.content
    if content.is_eof():  # all of it came with the headers, as short answers do
        return content.read_nowait(most)
    body = bytearray()
    # The receiver has taken the event; how its answer ends changes nothing.
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(BODY_SECONDS):
            while len(body) < most:
                chunk = await content.read(most - len(body))
                if not chunk:
                    break
                body += chunk
    return bytes(body)


def _kept(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Return the headers that are worth keeping, each cut to 200 characters."""
    return {
        name: readable.encode("utf-8", "replace").decode()
        for name in KEPT_HEADERS
        if (readable := headers.get(name, "")[:_KEPT_HEADER_LENGTH])
    }


def _retry_after(headers: CIMultiDictProxy[str]) -> float | None:
    """Return the wait that the receiver asks for, in seconds; None where it asks none.

    Source: RFC 9110, section 10.2.3: a number of seconds or a date.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # no date, or none of any calendar
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _redirect_in_words(response: aiohttp.ClientResponse) -> str:
    """Say where a redirect points to: it is not followed, and somebody must know."""
    if not 300 <= response.status <= 399:  # noqa: PLR2004 - the class
        return ""
    location = response.headers.get("Location")
    if not location:
        return ""
    return _storable(
        f"The receiver points to {location[:500]}; redirects are not followed."
    )


def _storable(text: str) -> str:
    """Return the text without what a database refuses: half characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _milliseconds_since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
