"""Bodies of requests, read whole before Django looks: it takes what it gets of them.

Django reads as much as `Content-Length` says, so nothing of a body that comes in chunks
(RFC 9112, section 7.1) or, in HTTP/2, without a length (RFC 9113, section 8.1.1). And
when somebody breaks off, the web server ends the body as if it was all there. To an
operation that takes a list, no body at all may mean an empty one.
"""

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BROKEN_OFF = {
    "error_code": "MALFORMED_REQUEST",
    "message": "The body of the request did not arrive as a whole. Send it again.",
}


def with_whole_bodies(application: "WSGIApplication") -> "WSGIApplication":
    """Return an application whose bodies are whole and of a length that is known.

    What is too long is left to Django, which goes by the length and refuses it. Chunks
    without a byte are taken for a body that broke off before the first.
    """
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def run(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        said = int(environ.get("CONTENT_LENGTH") or 0)
        is_chunked = "HTTP_TRANSFER_ENCODING" in environ
        is_any = said or is_chunked or environ["SERVER_PROTOCOL"] == "HTTP/2"
        if not is_any or said > most:
            return application(environ, start)
        body = _read(environ["wsgi.input"].read, said or most + 1)
        if len(body) < said or (is_chunked and not body):
            return _refuse(start)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        return application(environ, start)

    return run


def _read(read: Callable[[int], bytes], most: int) -> bytes:
    """Return the body up to so many bytes."""
    parts, left = [], most
    while left and (part := read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _refuse(start: "StartResponse") -> list[bytes]:
    answer = json.dumps(_BROKEN_OFF).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer))),
    ]
    start("400 Bad Request", headers)
    return [answer]
