"""What a receiver may do to us, and what comes of it."""

import gzip
import resource
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.webhooks_ui.receivers import Receiver, Reply, full_receiver, raw_receiver
from webhooks_ui.http_client import (
    Answer,
    Failure,
    Outgoing,
    Sender,
    exchange,
    send,
    sender,
)

pytestmark = pytest.mark.usefixtures("open_loopback")

DEADLINE_SECONDS = 0.6


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in earnest."""
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(exchange, "BODY_SECONDS", DEADLINE_SECONDS / 2)


def test_the_bytes_arrive_as_they_are_and_the_answer_comes_back(
    receiver: Receiver,
) -> None:
    receiver.replies(Reply(201, b"thanks"))

    answer = send(_to(receiver.url, body='{"a":"ü"}'.encode()))

    assert (answer.status_code, answer.body, answer.error) == (201, b"thanks", "")
    assert receiver.requests[0].body == '{"a":"ü"}'.encode()


def test_nothing_of_the_environment_is_sent_or_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    answer = send(_to(receiver.url))

    assert answer.status_code == 200
    assert "Authorization" not in receiver.requests[0].headers


def test_an_egress_proxy_gets_everything_and_looks_the_names_up(
    receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_PROXY = receiver.url.removesuffix("/hook")
    name_that_only_the_proxy_knows = "http://receiver.invalid/hook"

    answer = send(_to(name_that_only_the_proxy_knows))

    assert answer.status_code == 200
    assert receiver.requests[0].headers["Host"] == "receiver.invalid"


def test_cookies_are_not_kept(receiver: Receiver) -> None:
    receiver.replies(Reply(headers={"Set-Cookie": "a=b"}))

    with Sender() as both:
        both.submit([_to(receiver.url)])
        both.collect(5)
        both.submit([_to(receiver.url)])
        both.collect(5)

    assert [request.headers["Cookie"] for request in receiver.requests] == [None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_is_told(
    receiver: Receiver, status: int
) -> None:
    receiver.replies(Reply(status, b"", {"Location": f"{receiver.url}/elsewhere"}))

    answer = send(_to(receiver.url))

    assert answer.status_code == status
    assert "/elsewhere" in answer.error
    assert len(receiver.requests) == 1


def test_no_port_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    answer = send(_to(f"http://127.0.0.1:{port}/"))

    assert answer.failure is Failure.CONNECTION
    assert answer.error == "No connection: connection refused."


def _say(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def _drip(head: bytes, line: bytes) -> Callable[[socket.socket], None]:
    """Send a head, then one piece every 50 ms for ever."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(line)
            time.sleep(0.05)

    return talk


def _hang(connection: socket.socket) -> None:
    connection.recv(1)


HEAD = b"HTTP/1.1 200 OK\r\n"
TOO_LATE = f"Connected, but no complete headers came within {DEADLINE_SECONDS:g} s."
TOO_LARGE = "The headers of the answer are too large: "
BAD_ANSWERS = {
    "no answer": (_hang, Failure.TIMEOUT, TOO_LATE),
    "headers without end": (_drip(HEAD, b"X-A: b\r\n"), Failure.TIMEOUT, TOO_LATE),
    "hangs up": (
        _say(b""),
        Failure.PROTOCOL,
        "The receiver hung up without answering.",
    ),
    "not HTTP": (
        _say(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        Failure.PROTOCOL,
        "No HTTP answer came back (ClientResponseError).",
    ),
    "one header of 100 kB": (
        _say(HEAD + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n"),
        Failure.PROTOCOL,
        TOO_LARGE + "a line exceeds 8,190 bytes.",
    ),
    "100 kB of headers": (
        _say(HEAD + (b"X-A: " + b"a" * 5_000 + b"\r\n") * 20 + b"\r\n"),
        Failure.PROTOCOL,
        TOO_LARGE + "more than 64 KiB.",
    ),
    "20,000 headers": (
        _say(HEAD + b"X-A: b\r\n" * 20_000 + b"\r\n"),
        Failure.PROTOCOL,
        "The headers of the answer are too many: more than 128.",
    ),
}


@pytest.mark.usefixtures("short_deadline")
@pytest.mark.parametrize(
    ("talk", "failure", "words"), BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys()
)
def test_what_is_no_answer_ends_in_time_and_is_told_in_words(
    talk: Callable[[socket.socket], None], failure: Failure, words: str
) -> None:
    with raw_receiver(talk) as url:
        start = time.monotonic()
        answer = send(_to(url))

    assert answer.status_code is None
    assert (answer.failure, answer.error) == (failure, words)
    assert time.monotonic() - start < DEADLINE_SECONDS + 1


def test_a_connection_that_hangs_is_given_up_before_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.3)

    with full_receiver() as url:
        start = time.monotonic()
        answer = send(_to(url))

    assert answer.failure is Failure.TIMEOUT
    assert answer.error == "No connection within 0.3 s."
    assert time.monotonic() - start < 3


def test_a_handshake_that_hangs_counts_as_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.3)

    with raw_receiver(_hang) as url:
        answer = send(_to(url.replace("http:", "https:")))

    assert answer.error == "No connection within 0.3 s."


def test_a_body_is_waited_for_two_seconds_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "BODY_SECONDS", 0.2)

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        connection.recv(1)

    with raw_receiver(talk) as url:
        start = time.monotonic()
        answer = send(_to(url))

    assert (answer.status_code, answer.body, answer.error) == (200, b"half", "")
    assert time.monotonic() - start < 2


@pytest.mark.usefixtures("short_deadline")
def test_a_body_that_drips_does_not_take_back_the_status() -> None:
    talk = _drip(HEAD + b"Content-Length: 1000000\r\n\r\n", b"x")

    with raw_receiver(talk) as url:
        start = time.monotonic()
        answer = send(_to(url))

    assert answer.status_code == 200
    assert answer.body.startswith(b"x")
    assert time.monotonic() - start < DEADLINE_SECONDS + 1


def test_an_endless_body_is_cut_at_64_kib() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Type: text/plain\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raw_receiver(talk) as url:
        answer = send(_to(url))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert len(answer.body) == 64 * 1024
    assert grown_kib < 20_000


def test_a_compressed_bomb_stays_packed() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    with raw_receiver(_say(head + bomb)) as url:
        answer = send(_to(url))

    assert answer.status_code == 200
    assert answer.body == bomb[: 64 * 1024]


def test_a_header_with_a_line_break_is_not_sent(receiver: Receiver) -> None:
    request = _to(receiver.url, headers={"Authorization": "a\r\nX-Evil: 1"})

    answer = send(request)

    assert answer.status_code is None
    assert receiver.requests == []


def test_plain_http_behind_a_https_address_is_told_as_tls(receiver: Receiver) -> None:
    answer = send(_to(receiver.url.replace("http:", "https:")))

    assert answer.failure is Failure.TLS
    assert answer.error.startswith("TLS failed")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("120", 120), ("0", 0), ("soon", None), ("-5", None), ("", None)),
        ("9" * 40, 1e9),
        (f"Mon, 01 Jan {'9' * 14} 00:00:00 GMT", None),
        (f"Mon, 01 Jan 2026 00:00:00 +{'9' * 17}", None),
    ],
)
def test_the_wait_a_receiver_asks_for_is_read(
    receiver: Receiver, value: str, expected: float | None
) -> None:
    receiver.replies(Reply(429, b"", {"Retry-After": value}))

    answer = send(_to(receiver.url))

    assert answer.retry_after_seconds == pytest.approx(expected)


def test_the_wait_may_be_a_date(receiver: Receiver) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    receiver.replies(Reply(503, b"", {"Retry-After": until}))

    answer = send(_to(receiver.url))

    assert answer.retry_after_seconds == pytest.approx(120, abs=3)


def test_a_receiver_gets_two_requests_at_once_until_it_has_answered() -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    enough = threading.Event()

    def talk(connection: socket.socket) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        enough.wait(5)
        connection.sendall(HEAD + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        with lock:
            at_once -= 1

    with raw_receiver(talk) as url, Sender() as many:
        many.submit([_to(url) for _ in range(30)])
        assert many.collect(0.3) == []
        assert most == 2
        enough.set()
        answers = _collect_all(many)

    assert len(answers) == 30
    assert all(answer and answer.status_code == 200 for answer in answers)
    assert most <= sender.AT_ONCE_PER_ENDPOINT


def test_a_dead_receiver_holds_up_no_other_and_gets_its_queue_back(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 3.0)
    with raw_receiver(_hang) as dead, Sender() as many:
        many.submit([_to(dead, endpoint="dead") for _ in range(20)])
        many.submit([_to(receiver.url, endpoint="alive") for _ in range(20)])
        early: list[str] = []
        while len(early) < 20:
            early += [request.endpoint for request, _ in many.collect(0.1)]
        answers = _collect_all(many)

    assert early == ["alive"] * 20
    assert [answer is None for answer in answers].count(True) == 18
    assert len(receiver.requests) == 20


def test_what_starts_too_late_for_its_lease_is_not_sent(receiver: Receiver) -> None:
    late = _to(receiver.url, start_before=time.monotonic() - 1)

    with Sender() as one:
        one.submit([late])
        results = one.collect(5)

    assert results == [(late, None)]
    assert receiver.requests == []


def test_without_leave_loopback_is_refused(
    receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []

    answer = send(_to(receiver.url))

    assert answer.failure is Failure.REFUSED_BY_POLICY
    assert receiver.requests == []


def _collect_all(many: Sender) -> list[Answer | None]:
    answers: list[Answer | None] = []
    stop = time.monotonic() + 10
    while not many.is_idle and time.monotonic() < stop:
        answers += [answer for _, answer in many.collect(1)]
    return answers


def _to(
    url: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"{}",
    endpoint: str = "one",
    verifies_tls: bool = True,
    start_before: float = float("inf"),
) -> Outgoing:
    return Outgoing(
        id="1",
        endpoint=endpoint,
        url=url,
        headers=headers or {},
        body=body,
        verifies_tls=verifies_tls,
        start_before=start_before,
    )
