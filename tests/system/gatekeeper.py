"""A proxy before MLflow that can hold a call back, or play that MLflow is away."""

import http.client
import threading
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TRANSITION = "/model-versions/transition-stage"
ALIAS = "/registered-models/alias"


class Hold(Enum):
    """Where a call is held; with DOWN, no call at all is answered."""

    NOWHERE = "nowhere"
    BEFORE = "before MLflow hears of it"
    AFTER = "after MLflow acted, before we hear of it"
    DOWN = "connections break"


class Gatekeeper(ThreadingHTTPServer):
    """Forwards everything to MLflow; holds calls of one kind as told."""

    daemon_threads = True

    def __init__(self, mlflow_uri: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(mlflow_uri)
        self.hold = Hold.NOWHERE
        self.held_path = TRANSITION
        self.reached = threading.Event()
        """Set once a call stands where it is held."""
        self.transitions = 0
        """How many transitions were sent on to MLflow."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def uri(self) -> str:
        """Return where Signoff shall think MLflow is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Gatekeeper
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.hold is Hold.DOWN:
            self.close_connection = True
            return
        is_held = self.server.held_path in self.path
        if is_held and self.server.hold is Hold.BEFORE:
            self._leave_hanging()
            return
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in {"host", "connection"}
        }
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if TRANSITION in self.path:
            self.server.transitions += 1
        if is_held and self.server.hold is Hold.AFTER:
            self._leave_hanging()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type") or "")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _leave_hanging(self) -> None:
        """Say nothing until the caller is gone: it is killed while it waits."""
        self.server.reached.set()
        self.close_connection = True
        try:
            self.rfile.read(1)  # returns when the caller's end is closed
        except OSError:
            return

    # The names are http.server's.
    do_GET = do_POST = do_PATCH = do_DELETE = _forward  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
