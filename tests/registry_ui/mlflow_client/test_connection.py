"""The way to MLflow when it is down, strange, slow, or wants to know who we are."""

import base64
import json
import pickle
import socket
import time

import pytest

from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    MLflowUnavailable,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

EMPTY = http("200 OK", b"{}")


def error_json(code: str, message: str) -> bytes:
    return json.dumps({"error_code": code, "message": message}).encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def header(request: bytes, name: str) -> str | None:
    for line in request.decode().split("\r\n"):
        if line.lower().startswith(f"{name.lower()}: "):
            return line.partition(": ")[2]
    return None


def test_a_closed_port_is_said_without_the_password() -> None:
    client = MLflowClient(f"http://dana:s3cret@127.0.0.1:{free_port()}/prefix/")

    with pytest.raises(MLflowUnavailable, match="nothing listens there") as caught:
        client.ping()

    told = f"{caught.value!r} {caught.value.__cause__!r}"
    assert "s3cret" not in told
    assert "dana" not in told
    assert client.address.endswith("/prefix")


def test_an_unknown_host_is_said() -> None:
    client = MLflowClient("http://no-such-host.invalid")

    with pytest.raises(MLflowUnavailable, match="no such host"):
        client.ping()


@pytest.mark.parametrize(
    "uri", ["", "mlflow:5000", "sqlite:///x.db", "http://", "http://u:s3cret@h:port"]
)
def test_what_is_no_address_of_a_server_is_refused_at_once(uri: str) -> None:
    with pytest.raises(MLflowError, match="must look like") as caught:
        MLflowClient(uri)

    assert "s3cret" not in repr(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        http("200 OK", b"<html>Sign in</html>", "text/html"),
        http("200 OK", b"[]"),
        http("200 OK", b"[" * 100_000),
        http("200 OK", b'{"registered_models": [{"title": "x"}]}'),
        http("200 OK", b'{"registered_models": [7]}'),
        http("200 OK", b'{"registered_models": 7}'),
        http("200 OK", b'{"registered_models": [{"name": "x", "tags": 7}]}'),
        http("200 OK", b'{"registered_models": {"a": 1}}'),
        http("200 OK", b'{"registered_models": []}').replace(b": 25", b": 99"),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
        b"Content-Length: 0\r\n\r\n",
        http("404 Not Found", b"<html>nginx</html>", "text/html"),
        http("403 Forbidden", b"Invalid Host header - possible DNS", "text/plain"),
        http("429 Too Many Requests", b""),
        http("503 Service Unavailable", b"<html>", "text/html"),
        http("500 Internal Server Error", error_json("INTERNAL_ERROR", "Broken")),
    ],
    ids=lambda reply: repr(reply[:60] + reply[-30:]),
)
def test_an_answer_that_is_none_makes_mlflow_unavailable(reply: bytes) -> None:
    with raw_server(reply) as server, pytest.raises(MLflowUnavailable) as caught:
        list(MLflowClient(server.uri).iter_models())

    assert str(caught.value).endswith((".", "?", "Broken"))


def test_pages_that_never_end_are_noticed() -> None:
    page = http("200 OK", b'{"registered_models": [], "next_page_token": "same"}')

    with raw_server(page) as server, pytest.raises(MLflowUnavailable, match="not end"):
        list(MLflowClient(server.uri).iter_models())


def test_another_kind_of_server_does_not_pass_a_ping() -> None:
    reply = http("200 OK", b"It works!", "text/html")

    with raw_server(reply) as server, pytest.raises(MLflowUnavailable, match="is not"):
        MLflowClient(server.uri).ping()


def test_a_refused_host_name_names_the_remedy(
    mlflow_server: MLflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    # As in a compose network, where a service has a name of its own.
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest: resolve("127.0.0.1" if host == "mlflow" else host, *rest),
    )
    uri = mlflow_server.uri.replace("127.0.0.1", "mlflow")
    host = uri.removeprefix("http://")

    with pytest.raises(MLflowUnavailable, match=f"--allowed-hosts {host} "):
        MLflowClient(uri).ping()


def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    def stay_silent(connection: socket.socket) -> None:
        connection.recv(1)

    client_timeout = 0.2
    with raw_server(stay_silent) as server:
        client = MLflowClient(server.uri, timeout_seconds=client_timeout)
        with pytest.raises(MLflowUnavailable, match=r"no answer within 0\.2 s"):
            client.get_model("m")

        assert len(server.requests) == 1


def test_a_dripping_answer_is_given_up() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)

    with raw_server(drip) as server:
        client = MLflowClient(server.uri, timeout_seconds=0.5)
        with pytest.raises(MLflowUnavailable, match="takes too long"):
            client.get_model("m")


def test_a_read_whose_connection_broke_is_sent_once_more() -> None:
    with raw_server(b"", EMPTY) as server:
        assert list(MLflowClient(server.uri).iter_models()) == [[]]

        assert len(server.requests) == 2


def test_a_write_is_sent_only_once() -> None:
    with raw_server(b"", EMPTY) as server:
        with pytest.raises(MLflowUnavailable, match="broke the connection"):
            MLflowClient(server.uri).set_alias("m", "champion", 1)

        assert len(server.requests) == 1


def test_user_and_password_of_the_environment_are_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "dana")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "pä:ss")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "loses")

    with raw_server(EMPTY) as server:
        list(MLflowClient(server.uri).iter_models())

    expected = base64.b64encode("dana:pä:ss".encode()).decode()
    assert header(server.requests[0], "Authorization") == f"Basic {expected}"


def test_userinfo_beats_the_environment_and_is_unquoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "dana")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "other")

    with raw_server(EMPTY) as server:
        uri = server.uri.replace("http://", "http://rui:a%2Fb%40c@")
        list(MLflowClient(uri).iter_models())

    expected = base64.b64encode(b"rui:a/b@c").decode()
    assert header(server.requests[0], "Authorization") == f"Basic {expected}"
    assert header(server.requests[0], "Host") == server.uri.removeprefix("http://")


def test_a_token_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")

    with raw_server(EMPTY) as server:
        list(MLflowClient(server.uri).iter_models())

    assert header(server.requests[0], "Authorization") == "Bearer t0ken"


def test_a_way_to_sign_in_that_we_lack_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "kubernetes")

    with pytest.raises(MLflowError, match="MLFLOW_TRACKING_AUTH"):
        MLflowClient("http://127.0.0.1")


@pytest.mark.parametrize(
    ("status", "code"),
    [("401 Unauthorized", "UNAUTHENTICATED"), ("403 Forbidden", "PERMISSION_DENIED")],
)
def test_mlflows_plain_texts_about_our_account_are_refusals(
    status: str, code: str
) -> None:
    # Basic auth of MLflow answers so, without JSON.
    reply = http(status, b"Permission denied", "text/html")

    with raw_server(reply) as server, pytest.raises(MLflowRefused) as caught:
        MLflowClient(server.uri).get_model("m")

    assert caught.value.error_code == code


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "(DataError) value too long\n[SQL: INSERT INTO tags VALUES ('x')]",
            "(DataError) value too long",
        ),
        (
            "Registered Model (name=m) already exists. Error: (raised as a result of"
            " Query-invoked autoflush) (sqlite3.IntegrityError) UNIQUE constraint",
            "Registered Model (name=m) already exists.",
        ),
    ],
)
def test_what_mlflows_database_says_is_not_shown(message: str, shown: str) -> None:
    reply = http("400 Bad Request", error_json("BAD_REQUEST", message))

    with raw_server(reply) as server, pytest.raises(MLflowRefused) as caught:
        MLflowClient(server.uri).set_model_tag("m", "key", "x")

    assert str(caught.value) == shown


def test_refusals_survive_pickling() -> None:
    error = MLflowNotFound(404, "RESOURCE_DOES_NOT_EXIST", "No such model.")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made on the line

    assert (type(copy), str(copy), copy.status) == (MLflowNotFound, str(error), 404)


def test_one_connection_serves_many_calls() -> None:
    def answer_twice(connection: socket.socket) -> None:
        kept_alive = EMPTY.replace(b"Connection: close\r\n", b"")
        connection.sendall(kept_alive)
        connection.recv(65536)
        connection.sendall(kept_alive)

    with raw_server(answer_twice) as server:
        client = MLflowClient(server.uri)
        list(client.iter_models())
        list(client.iter_models())

        assert len(server.requests) == 1
