"""A real MLflow behind a door that misbehaves once, at the request that it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

from tests.threads import apart

PATIENCE_SECONDS = 0.5
"""Of the client that comes through the door."""


@dataclass(frozen=True)
class Fault:
    """What is answered instead of MLflow's own answer."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    delay_seconds: float = 0.0
    is_cut: bool = False
    """The connection is closed in the middle of the body."""


FAULTS = {
    "500": Fault(500, body=b'{"error_code": "INTERNAL_ERROR", "message": "Oops."}'),
    "500 in HTML": Fault(500, "text/html", b"<html>Internal Server Error</html>"),
    "200 in HTML": Fault(200, "text/html", b"<html>Please sign in.</html>"),
    "an empty object": Fault(200, body=b"{}"),
    "half an answer": Fault(200, body=b'{"registered_models": [', is_cut=True),
    "nothing in time": Fault(delay_seconds=3 * PATIENCE_SECONDS),
}


class FlakyMLflow(ThreadingHTTPServer):
    """Forwards requests to MLflow, but answers one of them with a fault."""

    daemon_threads = True

    def __init__(self, mlflow_uri: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.uri = f"http://127.0.0.1:{self.server_address[1]}"
        self.mlflow_uri = mlflow_uri
        self.pool = urllib3.PoolManager(retries=False)
        self.faults: dict[int, Fault] = {}
        """By the number of the request, from 0."""
        self.count = 0
        self.delay_seconds = 0.0
        """Before each answer of MLflow's own."""
        self.interludes: dict[str, Callable[[], object]] = {}
        """By a part of method and path: done once, between MLflow's answer and ours."""


class _Handler(BaseHTTPRequestHandler):
    server: FlakyMLflow
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.faults.get(self.server.count)
        self.server.count += 1
        if fault is None:
            answer = self.server.pool.request(
                self.command,
                f"{self.server.mlflow_uri}{self.path}",
                body=body or None,
                headers={"Content-Type": "application/json"},
            )
            self._interlude()
            fault = Fault(
                answer.status,
                body=answer.data,
                delay_seconds=self.server.delay_seconds,
            )
        time.sleep(fault.delay_seconds)
        self.send_response(fault.status)
        self.send_header("Content-Type", fault.content_type)
        self.send_header("Content-Length", str(len(fault.body) + fault.is_cut))
        self.end_headers()
        self.wfile.write(fault.body)
        self.close_connection = fault.is_cut

    def _interlude(self) -> None:
        request = f"{self.command} {self.path}"
        waiting = self.server.interludes
        for part in [part for part in waiting if part in request]:
            apart(waiting.pop(part))

    do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 - the stdlib's names

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def flaky_mlflow(mlflow_uri: str) -> Iterator[FlakyMLflow]:
    """Serve while the block runs."""
    server = FlakyMLflow(mlflow_uri)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
