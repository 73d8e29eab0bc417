"""Calls of the server's `/api/v1`: JSON in, JSON or an exception out."""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass
from uuid import uuid4

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError

from signoff.errors import UNAVAILABLE, SignoffError, UnavailableError, refusal

PREFIX = "/api/v1"
_LONGEST_WAIT_SECONDS = 60  # by then another minute's calls may be made


class _Patience(Retry):
    """Waits as the server says; where that is long, its refusal is the answer."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return what is left after one more try.

        Raises:
            MaxRetryError: nothing.
        """
        wait = self.get_retry_after(response) if response else None
        left = self.new(total=0) if (wait or 0) > _LONGEST_WAIT_SECONDS else self
        return super(_Patience, left).increment(
            method, url, response, error, _pool, _stacktrace
        )


# A connection that nobody accepted is tried again whatever the call; what was sent
# is sent again only if it reads.
RETRY = _Patience(
    total=3,
    allowed_methods={"GET"},
    status_forcelist=UNAVAILABLE,
    backoff_factor=0.5,
    raise_on_status=False,
)
# With a key the server does a call once, however often it comes.
RETRY_KEYED = RETRY.new(allowed_methods={"POST"})

Query = Iterable[tuple[str, str | int]]


class Connection:
    """One server, as one token's owner sees it; threads may share it."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        self._url = url
        self._pool = _pool(url)
        self._timeout = Timeout(timeout)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "signoff-client",
        }

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: object = None,
        is_keyed: bool = False,
    ) -> Any:
        """Make one call and return what the server answered.

        Args:
            method: of HTTP.
            path: below `/api/v1`, percent-encoded.
            query: a name may come several times.
            body: sent as JSON unless None.
            is_keyed: a POST to an operation that takes an `Idempotency-Key`, which is
                sent again where no answer came.

        Raises:
            UnavailableError: no answer within the time, or one that says so.
            SignoffError: the server refused; or something else answered.
        """
        key = {"Idempotency-Key": str(uuid4())} if is_keyed else {}
        asked = f"?{urlencode(list(query), errors='replace')}" if query else ""
        try:
            answer = self._pool.request(
                method,
                f"{self._url}{PREFIX}{path}{asked}",
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers | key,
                timeout=self._timeout,
                retries=RETRY_KEYED if is_keyed else RETRY,
                # A redirected POST would become a GET, or carry the token elsewhere.
                redirect=False,
            )
        except HTTPError as error:
            raise UnavailableError(
                f"{self._url} cannot be reached: {_reason(error)}."
            ) from error
        content = self._read(answer)
        if answer.status < HTTPStatus.BAD_REQUEST:
            return content
        raise refusal(answer.status, content["error_code"], content["message"])

    def _read(self, answer: BaseHTTPResponse) -> Any:
        if answer.status == HTTPStatus.NO_CONTENT:
            return None
        try:
            content = json.loads(answer.data)
            if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return content
            if {"error_code", "message"} <= content.keys():
                return content
        except (ValueError, AttributeError):
            pass
        raise self._answered_by_another(answer)

    def _answered_by_another(self, answer: BaseHTTPResponse) -> SignoffError:
        """Return the error for an answer that is not Signoff's: a proxy's, say."""
        if answer.status in UNAVAILABLE:
            return UnavailableError(
                f"{self._url} is out of service for the moment (HTTP {answer.status});"
                " try again later.",
                status=answer.status,
            )
        where = answer.headers.get("Location")
        leads = f", which leads to {where}" if where else ""
        return SignoffError(
            f"{self._url} answered HTTP {answer.status}{leads}, not as Signoff does;"
            " see whether the address is right.",
            error_code="NOT_SIGNOFF",
            status=answer.status,
        )


def _pool(url: str) -> PoolManager:
    """Return connections to the server, by the proxy that the environment names."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return ProxyManager(proxy)
    return PoolManager()


def _reason(error: HTTPError) -> str:
    """Say the cause alone: urllib3's own words begin with objects and addresses."""
    cause = getattr(error, "reason", None) or error
    return re.sub(r"^HTTPS?Connection(Pool)?\([^)]*\): ", "", str(cause)).rstrip(".")
