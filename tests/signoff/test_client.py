"""The client before servers that answer badly, late, or not at all."""

import copy
import json
import math
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from registry_ui.api.v1 import api
from signoff import (
    Client,
    ConfigurationError,
    ConflictError,
    NotAllowedError,
    NotFoundError,
    SignoffError,
    UnavailableError,
    WaitTimeoutError,
    answers,
)
from tests.running import free_port

Answer = tuple[int, dict[str, str], bytes]


class Listening(ThreadingHTTPServer):
    """Answers what it was told, the last one for ever, and notes what it was asked."""

    daemon_threads = True

    def __init__(self, *told: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told = list(told)
        self.asked: list[tuple[str, str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Listening

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = (self.command, self.path, json.loads(body) if body else None)
        self.server.asked.append(asked)
        self.server.keys.append(self.headers.get("Idempotency-Key"))
        told = self.server.told
        status, headers, content = told.pop(0) if len(told) > 1 else told[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    # The names are http.server's.
    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def listening(*told: Answer) -> Iterator[Listening]:
    server = Listening(*told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def error(status: int, code: str = "SOME_CODE") -> Answer:
    content = {"error_code": code, "message": "It will not do."}
    return status, {}, json.dumps(content).encode()


def client(server: Listening) -> Client:
    return Client(server.url, "a-token")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, SignoffError),
        (401, NotAllowedError),
        (403, NotAllowedError),
        (404, NotFoundError),
        (409, ConflictError),
        (500, SignoffError),
        (599, SignoffError),
    ],
)
def test_a_refusal_carries_code_message_and_status(
    status: int, kind: type[SignoffError]
) -> None:
    with listening(error(status)) as server, pytest.raises(SignoffError) as caught:
        client(server).request(12)

    assert type(caught.value) is kind
    assert caught.value.error_code == "SOME_CODE"
    assert caught.value.message == str(caught.value) == "It will not do."
    assert caught.value.status == status
    assert len(server.asked) == 1


def test_what_reads_is_tried_again() -> None:
    found: Answer = (200, {}, b'{"number": 12}')
    away = (503, {"Retry-After": "0"}, b"<html>")
    with listening(away, away, found) as server:
        assert client(server).request(12)["number"] == 12

    assert len(server.asked) == 3


def test_nobody_waits_for_longer_than_a_minute() -> None:
    later = (429, {"Retry-After": "61"}, b'{"error_code": "C", "message": "Wait."}')
    started = time.monotonic()

    with listening(later) as server, pytest.raises(UnavailableError, match="Wait"):
        client(server).request(12)

    assert len(server.asked) == 1
    assert time.monotonic() - started < 10


def test_the_address_is_that_of_the_server() -> None:
    with pytest.raises(ConfigurationError, match="leave /api/v1 out"):
        Client("https://signoff.example.com/api/v1/", "a-token")


@pytest.mark.parametrize(
    ("write", "asked"),
    [
        (lambda one: one.cancel(12), "POST /api/v1/requests/12/cancel"),
        (lambda one: one.create_token("ci", ["read"]), "POST /api/v1/tokens"),
        (lambda one: one.revoke_token(34), "DELETE /api/v1/tokens/34"),
    ],
    ids=["cancel", "create_token", "revoke_token"],
)
def test_what_writes_is_not_sent_twice(
    write: Callable[[Client], object], asked: str
) -> None:
    with listening(error(503)) as server, pytest.raises(UnavailableError):
        write(client(server))

    assert [f"{method} {path}" for method, path, _ in server.asked] == [asked]
    assert server.keys == [None]


@pytest.mark.parametrize(
    "create",
    [
        lambda one: one.create_request("churn", 7, "Production", comment="Better."),
        lambda one: one.review(12, "approve", fingerprint=None),
        lambda one: one.comment(12, "Fine."),
        lambda one: one.report_check("churn", 7, "fairness", "passed"),
    ],
    ids=["ask", "review", "comment", "check"],
)
def test_what_creates_is_sent_again_under_the_same_key(
    create: Callable[[Client], object],
) -> None:
    away = (503, {"Retry-After": "0"}, b"<html>")
    with listening(away, (201, {}, b"{}")) as server:
        create(client(server))
        create(client(server))

    first, again, other = server.keys
    assert first is not None
    assert first == again != other is not None


def test_a_server_that_cannot_be_reached_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(UnavailableError, match=r"Connection refused\.$") as caught:
        Client(url, "a-token").cancel(12)

    assert caught.value.message.startswith(f"{url} cannot be reached: ")
    assert caught.value.status is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ((200, {}, b"<html>"), "answered HTTP 200, not as Signoff does"),
        ((404, {}, b"[]"), "answered HTTP 404, not as Signoff does"),
        ((500, {}, b"\xff"), "answered HTTP 500, not as Signoff does"),
        (
            (302, {"Location": "https://elsewhere.example.com"}, b""),
            "leads to https://elsewhere.example.com",
        ),
    ],
)
def test_who_is_not_signoff_is_told_apart(told: Answer, said: str) -> None:
    with listening(told) as server, pytest.raises(SignoffError, match=said) as caught:
        client(server).request(12)

    assert caught.value.error_code == "NOT_SIGNOFF"
    assert len(server.asked) == 1


def test_answers_and_errors_go_to_other_processes() -> None:
    answer: Answer = (200, {}, b'{"number": 12, "version": {"number": 7}}')
    with listening(answer) as server:
        found = client(server).request(12)
        with pytest.raises(KeyError) as missing:
            found["nmber"]  # type: ignore[typeddict-item]
    refused = WaitTimeoutError("Still under way.")

    assert type(elsewhere(found)) is dict
    assert type(copy.deepcopy(elsewhere(found)["version"])) is dict
    assert isinstance(missing.value, SignoffError)
    assert str(missing.value).startswith("The answer has no 'nmber'.")
    for error in (missing.value, refused):
        again = elsewhere(error)
        assert type(again) is type(error)
        assert (str(again), vars(again)) == (str(error), vars(error))


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_a_timeout_that_never_comes_or_has_come_already_is_refused(
    seconds: float,
) -> None:
    with pytest.raises(ConfigurationError, match="seconds above 0"):
        Client("https://signoff.example.com", "a-token", timeout=seconds)


@pytest.mark.parametrize("number", ["../account", "1?x=1", 7.5])
def test_what_is_no_number_leads_to_no_other_address(number: Any) -> None:
    with listening((200, {}, b"{}")) as server:
        for call in (
            client(server).request,
            client(server).cancel,
            client(server).revoke_token,
        ):
            with pytest.raises(TypeError, match="integer"):
                call(number)
    assert server.asked == []


def elsewhere(what: Any) -> Any:
    """Return what arrives in another process."""
    return pickle.loads(pickle.dumps(what))  # noqa: S301 - nobody else's


def test_all_pages_are_read_as_they_are_needed() -> None:
    pages: list[Answer] = [
        (200, {}, json.dumps({"requests": [{"number": n}], "next_cursor": c}).encode())
        for n, c in ((3, "x"), (2, "y"), (1, None))
    ]
    with listening(*pages) as server:
        found = [item["number"] for item in client(server).requests(model="a b")]

    assert found == [3, 2, 1]
    assert [path for _, path, _ in server.asked] == [
        "/api/v1/requests?model=a+b",
        "/api/v1/requests?model=a+b&cursor=x",
        "/api/v1/requests?model=a+b&cursor=y",
    ]


def test_names_are_sent_whatever_is_in_them() -> None:
    with listening((200, {}, b'{"checks": []}')) as server:
        client(server).checks("a/b c?\udcff", 1)

    assert server.asked[0][1] == "/api/v1/models/a%2Fb%20c%3F%3F/versions/1/checks"


def test_a_target_is_a_stage_or_an_alias() -> None:
    with listening((200, {}, b"{}")) as server:
        for target in ("Production", "@champion", "alias:champion"):
            client(server).create_request("churn", 7, target, comment="Better.")

    assert [body["target"] for _, _, body in server.asked] == [
        "stage:Production",
        "alias:champion",
        "alias:champion",
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("", "signoff.example.com", "ftp://a.example", "http://", "http://[::1"),
        *("http://a.example:99999", "http://a.example:abc", "http://a example"),
        *("http://a.example?x=1", "http://a.example/#top", "https://u:hunter2@a.b"),
        "https://u:hunter2@[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SIGNOFF_URL") as refused:
        Client(url, "a-token")

    assert "hunter2" not in str(refused.value)


def test_the_environment_says_server_and_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SIGNOFF_URL", "SIGNOFF_TOKEN", "SIGNOFF_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="Set SIGNOFF_URL"):
        Client()
    monkeypatch.setenv("SIGNOFF_URL", "https://signoff.example.com")
    with pytest.raises(ConfigurationError, match="Set SIGNOFF_TOKEN"):
        Client()
    monkeypatch.setenv("SIGNOFF_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        Client()
    (tmp_path / "token").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="holds no text"):
        Client()
    (tmp_path / "token").write_text("a-token\n")
    Client()
    monkeypatch.setenv("SIGNOFF_TOKEN", "two words")
    with pytest.raises(ConfigurationError, match="holds more than a token"):
        Client()


@pytest.mark.parametrize(
    ("answer", "schema"),
    [
        (answers.Account, "AccountOut"),
        (answers.Token, "TokenOut"),
        (answers.OwnToken, "OwnTokenOut"),
        (answers.NewToken, "NewTokenOut"),
        (answers.Request, "RequestOut"),
        (answers.RequestSummary, "RequestSummary"),
        (answers.Links, "RequestLinks"),
        (answers.Gate, "GateOut"),
        (answers.Effect, "EffectOut"),
        (answers.Outcome, "OutcomeOut"),
        (answers.Review, "ReviewOut"),
        (answers.Comment, "CommentOut"),
        (answers.Check, "CheckOut"),
        (answers.Comparison, "CompareOut"),
        (answers.ComparedVersion, "ComparedVersionOut"),
        (answers.Statement, "StatementOut"),
    ],
)
def test_the_server_answers_what_the_types_say(answer: type, schema: str) -> None:
    described = api.get_openapi_schema()["components"]["schemas"][schema]

    assert get_type_hints(answer).keys() <= described["properties"].keys()


def test_the_statuses_are_the_servers() -> None:
    schemas = api.get_openapi_schema()["components"]["schemas"]

    described = schemas["RequestSummary"]["properties"]["status"]
    assert set(answers.Status.__args__) == set(  # type: ignore[attr-defined] # a Literal's
        described.get("enum") or schemas["Status"]["enum"]
    )
