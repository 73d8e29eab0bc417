"""The receiver of the demo's webhook: checks signatures, keeps and shows what came.

It is written as somebody who receives webhooks would write theirs: only the standard
library, the documented recipe, and an answer within milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import threading
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

KEPT = 100
LARGEST_BODY = 1024 * 1024  # bytes

_SHOWN_HEADERS = ("webhook-id", "X-Databricks-Signature", "User-Agent")
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'"


def signing_secret() -> str:
    """Return the secret that the demo's webhook signs with: of this installation."""
    return salted_hmac("config.demo.receiver", "secret").hexdigest()


def verdict(secret: str, signature: str | None, body: bytes) -> str:
    """Check a signature; return verified, unsigned or wrong.

    Source: Databricks, "HTTP registry webhooks", client verification: hex HMAC-SHA256
    of the body's exact bytes, keyed with the secret, compared in constant time.
    """
    if not signature:
        return "unsigned"
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    is_right = hmac.compare_digest(expected.encode(), signature.encode())
    return "verified" if is_right else "wrong"


class Inbox:
    """The last payloads, newest first, kept in a file across restarts."""

    def __init__(self, file: Path) -> None:
        """Read what an earlier receiver kept; a damaged file is begun anew."""
        self._file = file
        self._lock = threading.Lock()
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = []
        self._entries: deque[dict[str, Any]] = deque(kept, maxlen=KEPT)

    def add(self, entry: dict[str, Any]) -> None:
        """Keep one more, in memory and in the file."""
        with self._lock:
            self._entries.appendleft(entry)
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps(list(self._entries)), encoding="utf-8")
            os.replace(new, self._file)

    def entries(self) -> list[dict[str, Any]]:
        """Return what is kept: received_at, signature, headers, body, payload."""
        with self._lock:
            return list(self._entries)


class ReceiverServer(ThreadingHTTPServer):
    """Listens at one address; each request has a thread."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], inbox: Inbox, secret: str) -> None:
        """Bind, but do not serve yet.

        Raises:
            OSError: the address cannot be had.
        """
        self.inbox = inbox
        self.secret = secret
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: ReceiverServer
    protocol_version = "HTTP/1.1"
    server_version = "signoff-demo-receiver"
    sys_version = ""
    timeout = 10  # seconds that a client may stay silent

    def do_GET(self) -> None:
        """Show what came: as a page, or as JSON at /received.json."""
        entries = self.server.inbox.entries()
        if self.path == "/received.json":
            self._answer(json.dumps(entries), "application/json")
        elif self.path == "/style.css":
            style = Path(__file__).with_name("receiver.css").read_text(encoding="utf-8")
            self._answer(style, "text/css")
        elif self.path == "/":
            page = render_to_string("config/demo_receiver.html", {"entries": entries})
            self._answer(page, "text/html")
        else:
            self._answer("There is nothing here.\n", status=HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a delivery; one whose signature is wrong is refused, but shown."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._answer(
                "A body of up to 1 MiB, please.\n",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
            return
        body = self.rfile.read(int(length))
        signature = self.headers.get("X-Databricks-Signature")
        found = verdict(self.server.secret, signature, body)
        self.server.inbox.add(self._entry(body, found))
        if found == "wrong":
            self._answer(
                "The signature does not fit the body and the demo's secret.\n",
                status=HTTPStatus.UNAUTHORIZED,
            )
        else:
            self._answer("OK\n")

    def _entry(self, body: bytes, found: str) -> dict[str, Any]:
        text = body.decode(errors="replace")
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        event = payload.get("event") if isinstance(payload, dict) else None
        logger.info("payload received event=%s signature=%s", event, found)
        return {
            "received_at": timezone.now().isoformat(timespec="milliseconds"),
            "signature": found,
            "headers": {
                name: self.headers[name]
                for name in _SHOWN_HEADERS
                if name in self.headers
            },
            "body": text,
            "payload": payload,
        }

    def _answer(
        self,
        text: str,
        kind: str = "text/plain",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what counts is logged where it is known."""
