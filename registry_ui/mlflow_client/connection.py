"""One pooled way to MLflow's REST API: deadlines, bounds and the one retry."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
    TimeoutError,
)

from registry_ui.mlflow_client.answers import Answer, JsonObject
from registry_ui.mlflow_client.credentials import GUARD_HEADER, Access, read_access
from registry_ui.mlflow_client.errors import MLflowUnavailable

API = "/api/2.0/mlflow/"
BASIC_AUTH = 'Basic realm="mlflow"'
"""How MLflow's own sign-in asks who is there."""
_CONNECT_SECONDS = 3.0
# A page of 1,000 models takes MLflow 2 s to begin and little to send. What still comes
# after three read timeouts is dripping.
_TOTAL_PER_READ_TIMEOUT = 3
_ANSWER_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_KEPT_OF_DIGESTED_BYTES = 64 * 1024
"""Enough for what MLflow says instead of a file."""
_POOL_CONNECTIONS = 8


@dataclass(slots=True)
class Cost:
    """How much was asked of MLflow, and how long it took to answer."""

    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Take:
    """How much of a body is taken, and whether it is digested instead of kept."""

    limit: int = _ANSWER_BYTES
    is_digested: bool = False


class AnswerTooLarge(MLflowUnavailable):
    """The body went on after the number of bytes that the caller takes."""


class Connection:
    """Sends requests; threads may share one, forked processes may not."""

    def __init__(
        self, uri: str, *, timeout_seconds: float, is_anonymous: bool = False
    ) -> None:
        """Read credentials and TLS settings; nothing is sent yet.

        Args:
            uri: of the server.
            timeout_seconds: how long it may stay silent.
            is_anonymous: send no credentials.
        """
        access = read_access(uri)
        if is_anonymous:
            access = replace(access, headers={"User-Agent": "signoff"})
        self.address = access.address
        self._headers = access.headers
        self._timeout_seconds = timeout_seconds
        self._pool = _pool(access, timeout_seconds)
        self._below = urlsplit(access.address).path
        self.cost = Cost()

    def get(self, path: str, params: JsonObject) -> JsonObject:
        """Read by GET; lists in `params` are repeated."""
        return self.read("GET", f"{API}{path}", params=params).json()

    def search(self, path: str, body: JsonObject) -> JsonObject:
        """Read by a POST that changes nothing."""
        return self._send("POST", f"{API}{path}", body, attempts=2).json()

    def write(self, method: str, path: str, body: JsonObject) -> JsonObject:
        """Change something; sent once, since a lost answer may hide a done change."""
        return self._send(method, f"{API}{path}", body, attempts=1).json()

    def read(
        self,
        method: str,
        path: str,
        *,
        params: JsonObject | None = None,
        limit: int = _ANSWER_BYTES,
    ) -> Answer:
        """Return whatever is answered to a read below the address, at any status.

        Raises:
            AnswerTooLarge: the body is larger than `limit` bytes.
        """
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        take = Take(limit)
        return self._send(method, f"{path}{query}", None, attempts=2, take=take)

    def digest(self, path: str, params: JsonObject, *, limit: int) -> Answer:
        """Read by GET and return the answer with its digest, whatever its status.

        Raises:
            AnswerTooLarge: the body is larger than `limit` bytes.
        """
        take = Take(limit, is_digested=True)
        query = urlencode(params, doseq=True)
        return self._send("GET", f"{path}?{query}", None, attempts=2, take=take)

    def _send(
        self,
        method: str,
        path: str,
        body: JsonObject | None,
        *,
        attempts: int,
        take: Take = Take(),
    ) -> Answer:
        try:
            return self._counted_exchange(method, path, body, take)
        except ProtocolError as error:
            # Most often MLflow closed an idle connection just when we took it.
            if attempts > 1:
                return self._send(method, path, body, attempts=1, take=take)
            raise self._unavailable("it broke the connection") from error
        except HTTPError as error:
            raise self._unavailable(_reason(error, self._timeout_seconds)) from error

    def _counted_exchange(
        self, method: str, path: str, body: JsonObject | None, take: Take
    ) -> Answer:
        started = monotonic()
        self.cost.requests += 1
        try:
            return self._exchange(method, path, body, take)
        finally:
            self.cost.seconds += monotonic() - started

    def _exchange(
        self, method: str, path: str, body: JsonObject | None, take: Take
    ) -> Answer:
        deadline = monotonic() + self._timeout_seconds * _TOTAL_PER_READ_TIMEOUT
        headers = self._headers
        if body is not None:
            headers = headers | {"Content-Type": "application/json"}
        response = self._pool.urlopen(
            method,
            f"{self._below}{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers=headers,
            preload_content=False,
            redirect=False,
            retries=False,
        )
        try:
            content, sha256 = self._read_body(response, deadline, take)
        except BaseException:
            # The rest of the body is still on the way: no use for another request.
            response.close()
            raise
        response.release_conn()
        return Answer(
            self.address,
            response.status,
            content,
            sha256,
            is_guarded=GUARD_HEADER in response.headers,
            has_basic_auth=response.headers.get("WWW-Authenticate") == BASIC_AUTH,
        )

    def _read_body(
        self, response: urllib3.BaseHTTPResponse, deadline: float, take: Take
    ) -> tuple[bytes, str]:
        """Return the body, or its beginning and the digest of all of it."""
        chunks: list[bytes] = []
        digest = hashlib.sha256()
        size = 0
        while chunk := response.read1(_CHUNK_BYTES):
            if not take.is_digested or size < _KEPT_OF_DIGESTED_BYTES:
                chunks.append(chunk)
            if take.is_digested:
                digest.update(chunk)
            size += len(chunk)
            if size > take.limit:
                raise AnswerTooLarge(
                    f"MLflow at {self.address} answers more than {take.limit:,} bytes."
                )
            if monotonic() > deadline:
                raise self._unavailable("its answer takes too long")
        return b"".join(chunks), digest.hexdigest() if take.is_digested else ""

    def _unavailable(self, reason: str) -> MLflowUnavailable:
        return MLflowUnavailable(f"MLflow at {self.address} cannot be used: {reason}.")


def _pool(access: Access, timeout_seconds: float) -> urllib3.HTTPConnectionPool:
    """Make the pool. Proxies of the environment are not used.

    A manager of pools would take a quarter longer over each call.
    """
    settings: dict[str, Any] = {
        "maxsize": _POOL_CONNECTIONS,
        "timeout": urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout_seconds),
    }
    if access.verify is False:
        settings["cert_reqs"] = "CERT_NONE"
    elif isinstance(access.verify, str):
        kind = "ca_cert_dir" if Path(access.verify).is_dir() else "ca_certs"
        settings[kind] = access.verify
    if access.client_cert_path:
        settings["cert_file"] = access.client_cert_path
    return urllib3.PoolManager(**settings).connection_from_url(access.address)


def _reason(error: HTTPError, timeout_seconds: float) -> str:
    if isinstance(error, NameResolutionError):
        return "no such host"
    if isinstance(error, NewConnectionError):
        return "nothing listens there"
    # Asked second: in urllib3 2 a refused connection is a timeout, too.
    if isinstance(error, ConnectTimeoutError):
        return f"no connection within {_CONNECT_SECONDS:g} s"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_seconds:g} s"
    if isinstance(error, SSLError):
        return "its TLS certificate or protocol is not accepted"
    return "the connection failed"
