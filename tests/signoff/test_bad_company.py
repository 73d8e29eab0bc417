"""The client among servers that hang, proxies, and what is not Signoff at all."""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import click
import pytest

from signoff import (
    Client,
    ConfigurationError,
    SignoffError,
    UnavailableError,
    WaitTimeoutError,
)
from signoff.command_line.session import Session
from tests.registry_ui.mlflow_client.raw_server import http, raw_server
from tests.running import wait_for

OPEN = {"number": 4, "status": "open", "gates": []}
ROOT = Path(__file__).parents[2]


def hang(connection: socket.socket) -> None:
    """Keep a caller waiting until it gives up."""
    connection.settimeout(60)
    connection.recv(1)


def test_waiting_ends_on_time_though_the_server_hangs() -> None:
    with raw_server(http("200 OK", json.dumps(OPEN).encode()), hang) as server:
        begun = time.monotonic()
        with pytest.raises(WaitTimeoutError):
            Client(server.uri, "token").wait(4, timeout=2)

    assert time.monotonic() - begun < 15  # it was two minutes


def test_a_server_that_hangs_from_the_start_is_not_there_in_time() -> None:
    with raw_server(hang) as server, pytest.raises(UnavailableError):
        Client(server.uri, "token").wait(4, timeout=2)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *(("200 OK", body) for body in (b"[]", b"{}", b"null", b"7", b"[" * 200_000)),
        ("200 OK", b'{"requests": []}'),
        ("204 No Content", b""),
        ("400 Bad Request", b'{"error_code": null, "message": null}'),
        ("400 Bad Request", b"[1]"),
    ],
)
def test_what_is_json_but_not_signoffs_is_told_apart(status: str, body: bytes) -> None:
    with raw_server(http(status, body)) as server:
        client = Client(server.uri, "token")
        for read in (
            lambda: client.account()["username"],
            lambda: list(client.requests()),
        ):
            with pytest.raises(SignoffError, match="not as Signoff does") as refused:
                read()
            assert refused.value.error_code == "NOT_SIGNOFF"


def test_a_list_without_end_is_left() -> None:
    page = json.dumps({"requests": [OPEN], "next_cursor": "same"}).encode()
    with (
        raw_server(http("200 OK", page)) as server,
        pytest.raises(SignoffError, match="list does not end"),
    ):
        list(Client(server.uri, "token").requests())


def test_a_retry_after_that_nobody_can_read_is_none() -> None:
    told = {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "Too many calls."}
    full = http("429 Too Many Requests", json.dumps(told).encode())
    full = full.replace(b"Content-Type", b"Retry-After: soon\r\nContent-Type", 1)
    with (
        raw_server(full) as server,
        pytest.raises(UnavailableError, match="Too many calls") as refused,
    ):
        Client(server.uri, "token").account()
    assert refused.value.error_code == "REQUEST_LIMIT_EXCEEDED"


def test_an_answer_that_breaks_off_is_told_in_words() -> None:
    cut = http("200 OK", b'{"username":').replace(b"Length: 12", b"Length: 99")
    with (
        raw_server(cut) as server,
        pytest.raises(UnavailableError, match=r"reached: the answer broke off\.$"),
    ):
        Client(server.uri, "token").account()


def test_a_proxy_gets_its_user_name_and_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = http("200 OK", b'{"username": "rui"}')
    with raw_server(answer) as proxy:
        there = proxy.uri.replace("http://", "http://user:s%40cret@")
        monkeypatch.setenv("http_proxy", there)
        account = Client("http://signoff.example.com", "token").account()

    assert account["username"] == "rui"
    credentials = base64.b64encode(b"user:s@cret")
    assert b"roxy-authorization: Basic " + credentials in (
        proxy.requests[0].replace(b"Authorization: Basic", b"authorization: Basic")
    )


def test_a_proxy_that_wants_a_password_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with raw_server(http("407 Proxy Authentication Required", b"")) as proxy:
        # As curl takes it, too: without a scheme.
        monkeypatch.setenv("http_proxy", proxy.uri.removeprefix("http://"))
        with pytest.raises(SignoffError, match="The proxy wants a user name"):
            Client("http://signoff.example.com", "token").account()
        monkeypatch.setenv("https_proxy", proxy.uri)
        with pytest.raises(UnavailableError, match=r"the proxy: .*407"):
            Client("https://signoff.example.com", "token").account()


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1080", "garbage://u:hunter2@x", "http://[::1"]
)
def test_a_proxy_that_cannot_be_used_is_wrong_usage(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)

    with pytest.raises(ConfigurationError, match="HTTPS_PROXY names no") as refused:
        Client("https://signoff.example.com", "token")

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "streams", [">&-", "2>&-", "<&-", "> /dev/full", "--json > /dev/full"]
)
def test_a_stream_that_is_closed_or_full_is_no_traceback(streams: str) -> None:
    page = json.dumps({"requests": [], "next_cursor": None}).encode()
    with raw_server(http("200 OK", page)) as server:
        done = in_shell(f"--url {server.uri} requests list {streams}")

    assert "Traceback" not in done.stderr
    assert done.returncode == ("full" in streams)
    if "full" in streams:
        assert "The answer cannot be written: No space left on device." in done.stderr


def test_a_token_whose_secret_cannot_be_written_can_be_revoked() -> None:
    made = json.dumps({"id": 34, "secret": "s", "expires_at": None}).encode()
    with raw_server(http("200 OK", made)) as server:
        done = in_shell(f"--url {server.uri} token create ci --scope read > /dev/full")

    assert "The token was made all the same: `signoff token revoke 34`" in done.stderr


def in_shell(arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `signoff` with what only a shell can do to streams."""
    return subprocess.run(  # noqa: S602 - a command of our own
        f"{sys.executable} -m signoff {arguments}",
        shell=True,
        cwd=ROOT,
        env={"SIGNOFF_TOKEN": "token", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_who_cannot_be_asked_is_told_what_to_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as Python has it after `<&-`

    with pytest.raises(click.UsageError, match="Pass --comment: nobody can be asked"):
        Session("https://signoff.example.com").comment("", "Why?")


# Where the tests run in the background nobody's Ctrl-C reaches their children.
TAKING_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("signoff", run_name="__main__")
"""


def is_interrupted(program: "subprocess.Popen[bytes]") -> bool:
    """Send Ctrl-C, once more where one came just before it waited for an answer."""
    program.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(3)
    return program.returncode is not None


def test_ctrl_c_at_a_question_ends_as_interrupted() -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(  # noqa: S603 - a command of our own
        [sys.executable, "-c", TAKING_CTRL_C, "request", "churn", "7", "Production"],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"SIGNOFF_URL": "http://127.0.0.1:9", "SIGNOFF_TOKEN": "x"},
    ) as asking:
        try:
            assert asking.stderr is not None
            assert asking.stderr.read(3)
            wait_for(partial(is_interrupted, asking), seconds=30, what="it ends")
            assert asking.returncode == 130
            assert b"Aborted" not in asking.stderr.read()
        finally:
            asking.kill()
            os.close(ours)
            os.close(theirs)
