"""Whose fault it is that a call did not come to be, and the words for it."""

import socket
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.receivers import Receiver, Reply, raw_receiver
from webhooks_ui.http_client import (
    Failure,
    Outgoing,
    Sender,
    egress,
    exchange,
    failures,
    send,
)

pytestmark = pytest.mark.usefixtures("open_loopback")


def test_a_name_server_that_is_silent_is_our_own_fault(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "LOOKUP_SECONDS_OF_CALL", 0.1)
    monkeypatch.setattr(failures, "LOOKUP_SECONDS_OF_CALL", 0.1)
    woken = threading.Event()

    def silent(_: str) -> list[str]:
        woken.wait(5)
        return []

    monkeypatch.setattr(internet, "look_up", silent)

    answer = send(_to("http://receiver.example.com/hook"))
    woken.set()

    assert answer.failure is Failure.OURS
    assert "did not answer for receiver.example.com within 0.1 s" in answer.error


@pytest.mark.parametrize(
    ("number", "failure"),
    [(socket.EAI_NONAME, Failure.NAME), (socket.EAI_AGAIN, Failure.OURS)],
)
def test_a_name_that_is_not_there_is_told_from_a_name_server_that_is_not(
    internet: Internet, monkeypatch: pytest.MonkeyPatch, number: int, failure: Failure
) -> None:
    def look_up(_: str) -> list[str]:
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(internet, "look_up", look_up)

    answer = send(_to("http://receiver.example.com/hook"))

    assert answer.failure is failure
    assert "receiver.example.com" in answer.error


def test_a_proxy_that_is_not_there_is_our_own_fault(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.WEBHOOK_PROXY = f"http://127.0.0.1:{port}"

    answer = send(_to("http://receiver.invalid/hook"))

    assert answer.failure is Failure.OURS
    assert answer.error == "The egress proxy cannot be reached: connection refused."


PROXY_FAULTS = {
    "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n": (
        Failure.OURS,
        "The egress proxy does not take Signoff's user name and password.",
    ),
    "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n": (
        Failure.PROTOCOL,
        "The egress proxy answered 502 and did not pass it on.",
    ),
    "": (
        Failure.PROTOCOL,
        "The receiver, or the egress proxy, hung up without answering.",
    ),
}


@pytest.mark.parametrize("said", PROXY_FAULTS)
def test_what_a_proxy_that_does_not_pass_it_on_says_is_told(
    settings: Settings, said: str
) -> None:
    with raw_receiver(lambda connection: connection.sendall(said.encode())) as url:
        settings.WEBHOOK_PROXY = url.removesuffix("/hook")
        answer = send(_to("https://receiver.invalid/hook"))

    assert (answer.failure, answer.error) == PROXY_FAULTS[said]


def test_a_proxy_that_says_nothing_may_wait_for_the_receiver(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is no fault of ours: else a dead receiver would be tried for ever."""
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.2)
    with raw_receiver(lambda _: time.sleep(1)) as url:
        settings.WEBHOOK_PROXY = url.removesuffix("/hook")
        answer = send(_to("https://receiver.invalid/hook"))

    assert answer.failure is Failure.TIMEOUT
    assert "came through the egress proxy within 0.2 s" in answer.error


def test_what_a_redirect_points_to_is_storable_whatever_its_bytes() -> None:
    head = b"HTTP/1.1 301 Moved\r\nLocation: /\xff\xc3\r\nContent-Length: 0\r\n\r\n"

    with raw_receiver(lambda connection: connection.sendall(head)) as url:
        answer = send(_to(url))

    assert answer.status_code == 301
    assert answer.error.encode().decode() == answer.error


@pytest.mark.parametrize("status", [410, 429, 502, 503, 504])
def test_a_receiver_that_wants_no_more_is_sent_no_more_of_what_waits(
    receiver: Receiver, status: int
) -> None:
    receiver.replies(Reply(status))

    with Sender() as many:
        many.submit([_to(receiver.url) for _ in range(20)])
        answers = [answer for _, answer in many.collect(5)]

    assert len(answers) == 20
    assert 1 <= len(receiver.requests) <= 2
    assert answers.count(None) == 20 - len(receiver.requests)


def test_a_call_that_is_our_own_mistake_stops_no_other(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    right = replace(_to(receiver.url), endpoint="right")
    wrong: Any = {"X-Wrong": 7}
    answers = []
    with Sender() as many:
        many.submit([replace(right, endpoint="wrong", headers=wrong), right])
        while not many.is_idle:
            answers += many.collect(1)

    told = {request.endpoint: answer and answer.error for request, answer in answers}
    words = "Signoff could not make this call; its log says why."
    assert told == {"wrong": words, "right": ""}
    assert "call went wrong endpoint=wrong" in caplog.text


def _to(url: str) -> Outgoing:
    return Outgoing(id="1", endpoint="one", url=url, headers={}, body=b"{}")
