"""Bytes that are hardly HTTP, sent to the real web server: refused, and it lives on."""

import json
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.running import RunningSignoff

pytestmark = pytest.mark.system

_HANGS_AFTER_SECONDS = 60
_GET = b"/api/2.0/mlflow/registered-models/get"
_SEARCH = b"/api/2.0/mlflow/model-versions/search"
_LATEST = "/api/2.0/mlflow/registered-models/get-latest-versions"
_CREATE = b"/api/2.0/mlflow/registered-models/create"


def _post(*headers: bytes, body: bytes = b"{}", path: bytes = _CREATE) -> bytes:
    return b"\r\n".join([b"POST " + path + b" HTTP/1.1", *headers, b"", body])


REQUESTS: dict[str, bytes] = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET " + _GET + b"\r\n\r\n",
    "odd method": b"G\xc3\x8bT " + _GET + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw bytes in the address": b"GET " + _GET + b"?name=\xff\xfe HTTP/1.1\r\n\r\n",
    "NUL in the address": b"GET " + _GET + b"?name=\0 HTTP/1.1\r\n\r\n",
    "percent rubbish": b"GET " + _SEARCH + b"?filter=%&%zz=%ff HTTP/1.1\r\n\r\n",
    "whole address": b"GET http://evil.example.com" + _GET + b" HTTP/1.1\r\n\r\n",
    "address of 1 MB": b"GET " + _GET + b"?name=" + b"x" * 2**20 + b" HTTP/1.1\r\n\r\n",
    "header of 1 MB": _post(b"X-Long: " + b"x" * 2**20),
    "header without a colon": _post(b"Nonsense", b"Content-Length: 2"),
    "NUL in a header": _post(b"X-Odd: a\0b", b"Content-Length: 2"),
    "length that is no number": _post(b"Content-Length: two"),
    "negative length": _post(b"Content-Length: -1"),
    "huge length": _post(b"Content-Length: 99999999999999999999999"),
    "two lengths": _post(b"Content-Length: 2", b"Content-Length: 50"),
    "length and chunks": _post(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    "more promised than sent": _post(b"Content-Length: 5000"),
    "chunk without a size": _post(b"Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n"),
    "chunk too large": _post(b"Transfer-Encoding: chunked", body=b"f" * 20 + b"\r\n{}"),
    "chunks that do not end": _post(b"Transfer-Encoding: chunked", body=b"2\r\n{}\r\n"),
    "unknown transfer": _post(b"Transfer-Encoding: nonsense"),
    "gzip that is none": _post(b"Content-Encoding: gzip", b"Content-Length: 2"),
    "UTF-16": _post(b"Content-Length: 6", body=b"\xff\xfe{\0}\0"),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_what_is_hardly_http_breaks_nothing(
    what: str, signoff: RunningSignoff, tokens: dict[str, str]
) -> None:
    address = urlsplit(signoff.url).netloc
    sign_in = f"Host: {address}\r\nAuthorization: Bearer {tokens['dana']}\r\n"
    line, end, rest = REQUESTS[what].partition(b" HTTP/1.1\r\n")
    request = line + end + (sign_in.encode() if end else b"") + rest
    client = HTTPConnection(address, timeout=_HANGS_AFTER_SECONDS)

    answer = _answer(address, request)
    client.request("GET", _GET.decode())
    afterwards = client.getresponse()
    client.close()

    _check(answer)
    assert afterwards.status == 401  # it was not signed in
    said = "\n".join(signoff.output)
    assert "Traceback" not in said, said.partition("Traceback")[2][:5000]


def test_a_body_is_read_though_nobody_said_how_long_it_is(
    signoff: RunningSignoff, tokens: dict[str, str]
) -> None:
    client = HTTPConnection(urlsplit(signoff.url).netloc, timeout=_HANGS_AFTER_SECONDS)
    sent = (b'{"name": ', b'"in chunks"}')
    sign_in = {"Authorization": f"Bearer {tokens['dana']}"}

    client.request("POST", _LATEST, iter(sent), sign_in, encode_chunked=True)
    answer = json.load(client.getresponse())
    client.close()

    assert answer["message"] == "Registered Model with name=in chunks not found"


@pytest.mark.parametrize(
    "header", [b"Content-Length: 50", b"Transfer-Encoding: chunked"]
)
def test_a_body_that_broke_off_is_not_taken_for_none(
    header: bytes, signoff: RunningSignoff, tokens: dict[str, str]
) -> None:
    address = urlsplit(signoff.url).netloc
    sign_in = f"Host: {address}\r\nAuthorization: Bearer {tokens['rui']}".encode()

    answer = _answer(
        address,
        b"PUT /api/2.0/permissions/registered-models/1 HTTP/1.1\r\n"
        + b"\r\n".join([sign_in, header, b"", b""]),
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive as a whole" in answer


def _answer(address: str, request: bytes) -> bytes:
    """Return all that comes back once no more is sent."""
    host, _, port = address.partition(":")
    connection = socket.create_connection((host, int(port)), _HANGS_AFTER_SECONDS)
    parts = []
    with connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                parts.append(part)
        except TimeoutError:
            raise
        except OSError:
            pass  # it does not read on: an answer, too
    return b"".join(parts)


def _check(answer: bytes) -> None:
    """Refuse what the server did not, and errors of ours in another form."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head:
        return  # it hung up
    status = int(head.split(maxsplit=2)[1])
    assert 400 <= status < 500, answer[:500]
    if b"application/json" in head:
        content = json.loads(body)
        assert content.keys() == {"error_code", "message"}
