"""Bodies whose length nobody said, or that did not arrive as a whole."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from pytest_django import Settings

from config.bodies import with_whole_bodies

MOST = 10
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}
HTTP_2 = {"SERVER_PROTOCOL": "HTTP/2"}

Send = Callable[..., tuple[str, bytes]]


class Drips:
    """A body of which each read gives less than it was asked for, as it may."""

    def __init__(self, body: bytes) -> None:
        self._body = BytesIO(body)

    def read(self, most: int) -> bytes:
        return self._body.read(min(most, 3))


@pytest.fixture
def send(settings: Settings) -> Send:
    """Return what sends a body and returns the status, and what the application got."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MOST

    def application(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        # As Django reads: by the length, all at once.
        yield environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    def run(body: bytes, headers: dict[str, str]) -> tuple[str, bytes]:
        answered: list[str] = []
        environ = {
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": Drips(body),
            **headers,
        }

        def start(status: str, *_: Any) -> Any:
            answered.append(status)

        answer = with_whole_bodies(application)(environ, start)
        got = b"".join(answer)
        return answered[0], got

    return run


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"CONTENT_LENGTH": "8"}, b"8 bytes."),
        (CHUNKED, b"8 bytes."),
        (HTTP_2, b"8 bytes."),
        (HTTP_2, b""),
        ({"CONTENT_LENGTH": "0"}, b""),
        ({"CONTENT_LENGTH": ""}, b""),
        ({}, b""),
    ],
)
def test_a_body_arrives(send: Send, headers: dict[str, str], body: bytes) -> None:
    assert send(body, headers) == ("200 OK", body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"CONTENT_LENGTH": "8"}, b""),
        ({"CONTENT_LENGTH": "8"}, b"7 bytes"),
        (CHUNKED, b""),
    ],
)
def test_what_broke_off_is_refused(
    send: Send, headers: dict[str, str], body: bytes
) -> None:
    status, answer = send(body, headers)

    assert status == "400 Bad Request"
    assert json.loads(answer)["error_code"] == "MALFORMED_REQUEST"


@pytest.mark.parametrize("headers", [CHUNKED, HTTP_2])
def test_of_what_is_too_long_django_learns_the_length(
    send: Send, headers: dict[str, str]
) -> None:
    status, got = send(b"x" * 3 * MOST, headers)

    assert status == "200 OK"
    assert len(got) == MOST + 1


def test_what_is_said_to_be_too_long_is_not_read(send: Send) -> None:
    status, got = send(b"", {"CONTENT_LENGTH": str(MOST + 1)})

    assert (status, got) == ("200 OK", b"")
