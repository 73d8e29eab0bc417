"""What an HTTP answer of MLflow means: its JSON, or one of our errors."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from registry_ui.mlflow_client.errors import (
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    MLflowUnavailable,
)

JsonObject: TypeAlias = dict[str, Any]
Parsed = TypeVar("Parsed")

_MESSAGE_CHARACTERS = 500
_CLASSES = ("error_class", "sqlstate")
_DATABASE = re.compile(r"\s*(?:Error: \(|\[SQL:)")
"""Where MLflow's words end and its database's begin."""
# PostgreSQL stores no NUL in text or JSON, and UTF-8 has no lone surrogates; MLflow
# hands on both from people's descriptions, tags and files.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer of the MLflow at `address`.

    Attributes:
        body: all of it, or of what was read for its digest alone the first 64 KiB.
        sha256: of all of it, as hex digits; empty where nobody asked for it.
        is_guarded: the server says that it runs `signoff/mlflow_guard.py`.
        has_basic_auth: it asks who is there as MLflow's own `basic-auth` app does.
    """

    address: str
    status: int
    body: bytes
    sha256: str = ""
    is_guarded: bool = False
    has_basic_auth: bool = False

    @property
    def is_ok(self) -> bool:
        """Is it no refusal?"""
        return self.status == HTTPStatus.OK

    def json(self) -> JsonObject:
        """Return the JSON object of a 200 answer; every string in it can be stored.

        Raises:
            MLflowUnavailable, MLflowRefused, MLflowNotFound: it is something else.
        """
        payload = _load_object(self.body)
        if self.status != HTTPStatus.OK:
            raise error_of(self)
        if payload is None:
            raise MLflowUnavailable(
                f"The server at {self.address} answers, but not as MLflow does."
                " Is the address right?"
            )
        return payload


def understood(parse: Callable[[JsonObject], Parsed], payload: JsonObject) -> Parsed:
    """Return `parse(payload)`.

    Raises:
        MLflowUnavailable: the payload lacks something or has it in another form.
    """
    try:
        return parse(payload)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MLflowUnavailable(
            "MLflow's answer is not of the form that MLflow 3 gives."
        ) from error


def storable(value: Any) -> Any:
    """Return JSON with U+FFFD in place of what no database stores in text."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


def error_of(answer: Answer) -> MLflowError:
    """Say what an answer other than 200 means."""
    payload = _load_object(answer.body)
    if payload is not None and "error_code" in payload:
        return _told_error(answer, payload)
    return _untold_error(answer)


def _load_object(body: bytes) -> JsonObject | None:
    try:
        payload: JsonObject = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    # In JSON a NUL is always escaped, so only the rare answer that has one is walked.
    if rb"\u0000" in body:
        payload = storable(payload)
    return payload


def _may_heal(status: int) -> bool:
    busy = HTTPStatus.TOO_MANY_REQUESTS
    return status == busy or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _told_error(answer: Answer, payload: JsonObject) -> MLflowError:
    """Read MLflow's own error JSON."""
    code = str(payload["error_code"])
    # MLflow hands on what its database says, with the statement and its values.
    message = _DATABASE.split(str(payload.get("message") or code))[0]
    message = " ".join(line.strip() for line in message.splitlines())
    if len(message) > _MESSAGE_CHARACTERS:
        message = f"{message[:_MESSAGE_CHARACTERS]}…"
    if _may_heal(answer.status):
        return MLflowUnavailable(f"MLflow failed ({answer.status}): {message}")
    classes = {key: str(payload[key]) for key in _CLASSES if key in payload}
    if code == "RESOURCE_DOES_NOT_EXIST":
        return MLflowNotFound(answer.status, code, message, classes)
    return MLflowRefused(answer.status, code, message, classes)


def _untold_error(answer: Answer) -> MLflowError:
    """Read an answer that is not MLflow's JSON: its middleware, or another server."""
    status, address = answer.status, answer.address
    if status == HTTPStatus.UNAUTHORIZED:
        return MLflowRefused(
            status,
            "UNAUTHENTICATED",
            f"MLflow at {address} does not accept our sign-in. Check"
            " MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN.",
        )
    if status == HTTPStatus.FORBIDDEN and b"Invalid Host header" in answer.body:
        host = urlsplit(address).netloc
        return MLflowUnavailable(
            f"MLflow refuses to be called {host}. Start it with"
            f" --allowed-hosts {host} (or MLFLOW_SERVER_ALLOWED_HOSTS={host})."
        )
    if status == HTTPStatus.FORBIDDEN:
        return MLflowRefused(
            status,
            "PERMISSION_DENIED",
            f"MLflow at {address} does not allow this to our account.",
        )
    if _may_heal(status):
        return MLflowUnavailable(f"MLflow at {address} failed (HTTP {status}).")
    return MLflowUnavailable(
        f"The server at {address} answers with HTTP {status}, not as MLflow does."
        " Is the address right?"
    )
