"""Hostile receivers beside healthy ones: each ends as documented, nobody is slowed.

Real sockets. A healthy receiver is measured against itself: alone, and beside the
fault, in the same test.
"""

import functools
import gzip
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from tests.webhooks_ui.certificates import make_authority, make_certificate
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.receivers import (
    Received,
    Receiver,
    Reply,
    full_receiver,
    raw_receiver,
    tls_receiver,
)
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.http_client import certificates, exchange
from webhooks_ui.http_client.certificates import trusted_context
from webhooks_ui.models import Delivery, Webhook

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("open_loopback", "short_limits"),
]

Talk = Callable[[socket.socket], None]
Fault = Callable[[Path], AbstractContextManager[str]]

DEADLINE_SECONDS = 3.0
CONNECT_SECONDS = 2.0
BODY_SECONDS = 1.0
HOSTILE = 6  # webhooks with the fault
WAITING = 4  # deliveries of each
HEALTHY = 40
HEAD = b"HTTP/1.1 200 OK\r\n"
MOST_GROWN_KIB = 40_000


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in earnest, but for the second look at a certificate.

    Here both sides of twelve handshakes share one process; where it rests for two
    seconds, the words lack the date.
    """
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", CONNECT_SECONDS)
    monkeypatch.setattr(exchange, "BODY_SECONDS", BODY_SECONDS)
    monkeypatch.setattr(certificates, "LOOK_SECONDS", 5 * certificates.LOOK_SECONDS)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trust the authority of the faults' certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", str(make_authority(tmp_path).path))
    trusted_context.cache_clear()
    yield
    trusted_context.cache_clear()


@contextmanager
def _refusing() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    yield f"http://127.0.0.1:{port}/hook"


@contextmanager
def _answering(*replies: Reply) -> Iterator[str]:
    receiver = Receiver()
    receiver.replies(*replies)
    yield receiver.url
    receiver.stop()


@contextmanager
def _with_certificate(path: Path) -> Iterator[str]:
    receiver = tls_receiver(path)
    yield receiver.url
    receiver.stop()


def _expired(folder: Path) -> AbstractContextManager[str]:
    authority = make_authority(folder)
    trusted_context.cache_clear()
    return _with_certificate(
        make_certificate(
            folder,
            authority=authority,
            since=datetime(2025, 5, 3, tzinfo=UTC),
            until=datetime(2026, 5, 3, 12, tzinfo=UTC),
        )
    )


def _of_another_name(folder: Path) -> AbstractContextManager[str]:
    authority = make_authority(folder)
    trusted_context.cache_clear()
    names = ("other.example.com",)
    return _with_certificate(make_certificate(folder, authority=authority, names=names))


def _hang(connection: socket.socket) -> None:
    connection.recv(1)


def _drip(head: bytes, piece: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.1)

    return talk


def _endless(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)
        time.sleep(0.001)  # it runs in the worker's own process here


@functools.cache
def _packed() -> bytes:
    body = gzip.compress(b"\0" * 50_000_000)
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    # It hangs up after each answer, and says so: another call must not come this way.
    head = HEAD + b"Connection: close\r\nContent-Encoding: gzip\r\n"
    return head + length + body


def _say(text: bytes) -> Talk:
    return lambda connection: connection.sendall(text)


def _flood(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n")


_PRIVATE = {"Location": "http://169.254.169.254/latest/meta-data/"}
NO_HEADERS = f"Connected, but no complete headers came within {DEADLINE_SECONDS:g} s."

FAULTS: dict[str, tuple[Fault, str, str]] = {
    "refuses": (
        lambda _: _refusing(),
        "pending",
        "No connection: connection refused.",
    ),
    "hangs at connect": (
        lambda _: full_receiver(),
        "pending",
        f"No connection within {CONNECT_SECONDS:g} s.",
    ),
    "hangs before headers": (lambda _: raw_receiver(_hang), "pending", NO_HEADERS),
    "drips headers": (
        lambda _: raw_receiver(_drip(HEAD, b"X-A: b\r\n")),
        "pending",
        NO_HEADERS,
    ),
    "drips its body": (
        lambda _: raw_receiver(_drip(HEAD + b"Content-Length: 999999\r\n\r\n", b"x")),
        "succeeded",
        "",
    ),
    "endless body": (lambda _: raw_receiver(_endless), "succeeded", ""),
    "compressed bomb": (
        lambda _: raw_receiver(_say(_packed())),
        "succeeded",
        "",
    ),
    "100 kB header": (
        lambda _: raw_receiver(_flood),
        "pending",
        "The headers of the answer are too large: a line exceeds 8,190 bytes.",
    ),
    "self-signed": (
        lambda folder: _with_certificate(make_certificate(folder)),
        "pending",
        "The certificate is self-signed: nobody vouches for it.",
    ),
    "expired": (_expired, "pending", "The certificate expired on 3 May 2026."),
    "another name": (
        _of_another_name,
        "pending",
        "The certificate is for other.example.com, not for 127.0.0.1.",
    ),
    "redirects to a private address": (
        lambda _: _answering(Reply(301, b"", _PRIVATE)),
        "pending",
        "The receiver points to http://169.254.169.254/latest/meta-data/; redirects"
        " are not followed.",
    ),
    "asks for rest": (
        lambda _: _answering(Reply(429, b"", {"Retry-After": "600"})),
        "pending",
        "",
    ),
    "is gone": (lambda _: _answering(Reply(410)), "failed", ""),
    "is broken": (lambda _: _answering(Reply(500)), "pending", ""),
}


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("fault", "status", "error"), FAULTS.values(), ids=FAULTS.keys()
)
def test_a_fault_ends_as_documented_and_slows_no_other_receiver(
    receiver: Receiver, tmp_path: Path, fault: Fault, status: str, error: str
) -> None:
    healthy = make_webhook(url=receiver.url)
    with ExitStack() as started:
        url = started.enter_context(fault(tmp_path))
        alone = _seconds_of(receiver, healthy)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        hostile = [_hostile(url) for _ in range(HOSTILE)]
        beside = _seconds_of(receiver, healthy)

    tried = [
        delivery
        for webhook in hostile
        for delivery in webhook.deliveries.filter(attempt_count__gt=0)
    ]
    assert len(tried) >= HOSTILE
    for delivery in tried:
        assert delivery.status == status
        assert {attempt.error for attempt in delivery.attempts.all()} == {error}
    # Were it held up, it would be by a whole time limit.
    assert beside < 4 * alone + CONNECT_SECONDS / 2
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_GROWN_KIB
    # The worker is as well as before.
    assert _seconds_of(receiver, healthy) < 4 * alone + DEADLINE_SECONDS


def test_what_is_behind_a_fault_waits_and_has_cost_no_attempt() -> None:
    with _refusing() as url:
        webhook = _hostile(url)
        for _ in range(3):
            drain_deliveries()

    counts = [delivery.attempt_count for delivery in webhook.deliveries.all()]
    assert sum(counts) <= 2  # two at once, until one is known to fail
    assert webhook.deliveries.filter(status="pending").count() == WAITING


def test_a_receiver_that_is_gone_is_asked_no_more_and_loses_nothing_that_waits() -> (
    None
):
    with _answering(Reply(410)) as url:
        webhook = _hostile(url)
        drain_deliveries()
        drain_deliveries()

    webhook.refresh_from_db()
    assert webhook.status == Webhook.Status.DISABLED
    states = list(webhook.deliveries.values_list("status", "attempt_count"))
    assert set(states) <= {("failed", 1), ("pending", 0)}
    assert states.count(("pending", 0)) >= 1


def _hostile(url: str) -> Webhook:
    webhook = make_webhook(url=url)
    for _ in range(WAITING):
        make_delivery(webhook=webhook)
    return webhook


def _seconds_of(receiver: Receiver, webhook: Webhook) -> float:
    """Return how long it takes until the last delivery of a batch has arrived."""
    arrived: list[float] = []

    def answer(_: Received) -> Reply:
        arrived.append(time.monotonic())
        return Reply()

    receiver.answer = answer
    event = make_delivery(webhook=webhook).event
    Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            event=event,
            event_name=f"E{number}",
            payload=b"{}",
            due_at=timezone.now(),
        )
        for number in range(HEALTHY - 1)
    )
    start = time.monotonic()
    drain_deliveries()
    assert len(arrived) == HEALTHY
    return max(arrived) - start
