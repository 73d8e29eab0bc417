"""The receiver of the demo's webhook: checks signatures, keeps and shows what came.

It is written as somebody who receives webhooks would write theirs: only the standard
library, the documented recipe, and an answer within milliseconds.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

KEPT = 100
LARGEST_BODY = 1024 * 1024  # bytes
REFRESH_SECONDS = 5

_SHOWN_HEADERS = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "X-Databricks-Signature",
    "Content-Type",
    "User-Agent",
)
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'"
_REFUSED = ("wrong", "old")


def signing_secret() -> str:
    """Return the secret that the demo's webhook signs with: of this installation."""
    return salted_hmac("config.demo.receiver", "secret").hexdigest()


def _documented_recipe() -> ModuleType:
    """Load the code that the documents give to whoever writes a receiver."""
    path = Path(settings.BASE_DIR) / "docs" / "receivers" / "verify.py"
    spec = importlib.util.spec_from_file_location("documented_recipe", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is missing.")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    return recipe


_recipe = _documented_recipe()


def verdict(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Check `X-Databricks-Signature`; return verified, unsigned or wrong."""
    if not _lower(headers).get("x-databricks-signature"):
        return "unsigned"
    is_right = _recipe.verify_databricks([secret], headers, body)
    return "verified" if is_right else "wrong"


def standard_verdict(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float
) -> str:
    """Check `webhook-signature`; return verified, unsigned, old or wrong.

    Args:
        secret: of the webhook.
        headers: of the request, names in any case.
        body: the exact bytes.
        now: when it came, in seconds since the epoch.
    """
    headers = _lower(headers)
    if not headers.get("webhook-signature"):
        return "unsigned"
    if _recipe.verify([secret], headers, body, now):
        return "verified"
    claimed = headers.get("webhook-timestamp", "")
    is_number = claimed.isascii() and claimed.isdecimal()
    was_right = is_number and _recipe.verify([secret], headers, body, int(claimed))
    return "old" if was_right else "wrong"


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


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
        """Return what is kept: received_at, signatures, headers, body, payload."""
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
        asked = urlsplit(self.path)
        entries = self.server.inbox.entries()
        if asked.path == "/received.json":
            self._answer(json.dumps(entries), "application/json")
        elif asked.path == "/style.css":
            style = Path(__file__).with_name("receiver.css").read_text(encoding="utf-8")
            self._answer(style, "text/css")
        elif asked.path == "/":
            refreshes = "refresh" in parse_qs(asked.query, keep_blank_values=True)
            self._answer(_page(entries, refreshes=refreshes), "text/html")
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
        headers, secret = dict(self.headers.items()), self.server.secret
        found = verdict(secret, headers, body)
        standard = standard_verdict(secret, headers, body, now=time.time())
        self.server.inbox.add(self._entry(body, found, standard))
        if found in _REFUSED or standard in _REFUSED:
            self._answer(
                "A signature does not fit the body, the time and the secret.\n",
                status=HTTPStatus.UNAUTHORIZED,
            )
        else:
            self._answer("OK\n")

    def _entry(self, body: bytes, found: str, standard: str) -> dict[str, Any]:
        text = body.decode(errors="replace")
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        event = payload.get("event") if isinstance(payload, dict) else None
        logger.info(
            "payload received event=%s signature=%s standard=%s", event, found, standard
        )
        return {
            "received_at": timezone.now().isoformat(timespec="milliseconds"),
            "signature": found,
            "standard_signature": standard,
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


def _page(entries: list[dict[str, Any]], *, refreshes: bool) -> str:
    """Write the page: the newest first, each with what was found of its signatures."""
    ids = [entry.get("headers", {}).get("webhook-id") for entry in entries]
    shown = [
        {
            "at": _time_of(entry),
            "event": _field(entry, "event"),
            "text": _field(entry, "text"),
            "signatures": [
                ("Standard Webhooks", entry.get("standard_signature", "unsigned")),
                ("Databricks", entry.get("signature", "unsigned")),
            ],
            "headers": entry.get("headers", {}),
            "body": _indented(entry),
            # It came before, in an earlier attempt: a receiver would do nothing.
            "is_known": bool(ids[index]) and ids[index] in ids[index + 1 :],
        }
        for index, entry in enumerate(entries)
    ]
    context = {
        "entries": shown,
        "most": KEPT,
        "seconds": REFRESH_SECONDS,
        "refreshes": refreshes,
        "webhooks_url": f"{settings.BASE_URL}/webhooks/",
    }
    return render_to_string("config/demo_receiver.html", context)


def _time_of(entry: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(entry.get("received_at", ""))
    except ValueError:
        return None


def _field(entry: dict[str, Any], name: str) -> str:
    payload = entry.get("payload")
    return str(payload.get(name, "")) if isinstance(payload, dict) else ""


def _indented(entry: dict[str, Any]) -> str:
    """Return the payload over several lines; what is no JSON as it came."""
    if entry.get("payload") is None:
        return str(entry.get("body", ""))
    return json.dumps(entry["payload"], indent=2, ensure_ascii=False)
