"""Calls of the server's `/api/v1`: JSON in, JSON or an exception out."""

import json
import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from math import inf
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass
from uuid import uuid4

from urllib3 import (
    BaseHTTPResponse,
    PoolManager,
    ProxyManager,
    Retry,
    Timeout,
    make_headers,
)
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, ProtocolError, ProxyError
from urllib3.util import parse_url

from signoff.errors import (
    NOT_SIGNOFF,
    UNAVAILABLE,
    ConfigurationError,
    MissingKeyError,
    SignoffError,
    UnavailableError,
    refusal,
)

PREFIX = "/api/v1"
_LONGEST_WAIT_SECONDS = 60  # by then another minute's calls may be made


class _Patience(Retry):
    """Waits as the server says; where that is long, its refusal is the answer."""

    deadline = inf
    """Of time.monotonic(); after it nothing is tried again."""

    def until(self, deadline: float) -> Self:
        """Return the same, with an end."""
        left = self.new()
        left.deadline = deadline
        return left

    def new(self, **changes: Any) -> Self:
        """Return a copy, with changes, that has the same end."""
        left = super().new(**changes)
        left.deadline = self.deadline
        return left

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how long the server wants us to wait, if it says so readably."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

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
        longest = min(_LONGEST_WAIT_SECONDS, self.deadline - time.monotonic())
        left = self.new(total=0) if (wait or 0) > longest else self
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
        if not 0 < timeout < inf:
            raise ConfigurationError("The timeout must be a number of seconds above 0.")
        self._url = url
        self._pool = _pool(url)
        self._timeout = timeout
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
        within: float = inf,
    ) -> Any:
        """Make one call and return what the server answered.

        Args:
            method: of HTTP.
            path: below `/api/v1`, percent-encoded.
            query: a name may come several times.
            body: sent as JSON unless None.
            is_keyed: a POST to an operation that takes an `Idempotency-Key`, which is
                sent again where no answer came.
            within: seconds for all tries; one that may take longer is not begun.

        Raises:
            UnavailableError: no answer within the time, or one that says so.
            SignoffError: the server refused; or something else answered.
        """
        key = {"Idempotency-Key": str(uuid4())} if is_keyed else {}
        asked = f"?{urlencode(list(query), errors='replace')}" if query else ""
        retries = RETRY_KEYED if is_keyed else RETRY
        seconds = min(self._timeout, within)
        try:
            answer = self._pool.request(
                method,
                f"{self._url}{PREFIX}{path}{asked}",
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers | key,
                timeout=Timeout(seconds),
                retries=retries.until(time.monotonic() + within - seconds),
                # A redirected POST would become a GET, or carry the token elsewhere.
                redirect=False,
            )
        except HTTPError as error:
            raise UnavailableError(
                f"{self._url} cannot be reached: {_reason(error)}."
            ) from error
        content = self._read(answer, method=method)
        if answer.status < HTTPStatus.BAD_REQUEST:
            return content
        raise refusal(answer.status, content["error_code"], content["message"])

    def _read(self, answer: BaseHTTPResponse, *, method: str) -> Any:
        if answer.status == HTTPStatus.NO_CONTENT and method == "DELETE":
            return None

        def object_of(found: dict[str, Any]) -> _Object:
            return _Object(found, lambda: self._answered_by_another(answer))

        try:
            content = json.loads(answer.data, object_hook=object_of)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, _Object):
            said = (content.get("error_code"), content.get("message"))
            is_error = all(isinstance(text, str) for text in said)
            if is_error or answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return content
        raise self._answered_by_another(answer)

    def _answered_by_another(self, answer: BaseHTTPResponse) -> SignoffError:
        """Return the error for an answer that is not Signoff's: a proxy's, say."""
        if answer.status in UNAVAILABLE:
            return UnavailableError(
                f"{self._url} is out of service for the moment (HTTP {answer.status});"
                " try again later.",
                status=answer.status,
            )
        if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return SignoffError(
                "The proxy wants a user name and a password. Put them into the variable"
                " that names it: http://user:password@proxy.example.com:3128.",
                error_code=NOT_SIGNOFF,
                status=answer.status,
            )
        where = answer.headers.get("Location")
        leads = f", which leads to {where}" if where else ""
        return SignoffError(
            f"{self._url} answered HTTP {answer.status}{leads}, not as Signoff does;"
            " see whether the address is right.",
            error_code=NOT_SIGNOFF,
            status=answer.status,
        )


class _Object(dict[str, Any]):
    """An object of an answer; Signoff's lack nothing that the client reads."""

    def __init__(
        self, found: dict[str, Any], error: Callable[[], SignoffError]
    ) -> None:
        super().__init__(found)
        self._error = error

    def __missing__(self, key: str) -> Any:
        error = self._error()
        raise MissingKeyError(
            f"The answer has no {key!r}. {error.message}",
            error_code=error.error_code,
            status=error.status,
        )

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        """Go to another process, or into a copy, as the plain dictionary it is."""
        return dict, (dict(self),)


def _pool(url: str) -> PoolManager:
    """Return connections to the server, by the proxy that the environment names."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.hostname or ""):
        return PoolManager()
    try:
        there = parse_url(proxy if "://" in proxy else f"http://{proxy}")
        who = unquote(there.auth) if there.auth else None
        return ProxyManager(
            there._replace(auth=None).url,
            proxy_headers=make_headers(proxy_basic_auth=who),
        )
    except (HTTPError, ValueError) as error:
        raise ConfigurationError(
            f"{parts.scheme.upper()}_PROXY names no proxy that can be used; write it"
            " like http://proxy.example.com:3128."
        ) from error


def _reason(error: Exception) -> str:
    """Say the cause alone: urllib3's own words begin with objects and addresses."""
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, ProxyError):
        return f"the proxy: {_reason(cause.original_error)}"
    said = str(cause)
    if isinstance(cause, ProtocolError):
        said = str(cause.args[0])
    if "IncompleteRead" in said:
        return "the answer broke off"
    return re.sub(r"^HTTPS?Connection(Pool)?\([^)]*\): ", "", said).rstrip(".")
