"""`Idempotency-Key`: a call that is sent twice happens once.

Source: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpResponse
from ninja import Schema, Status
from ninja.operation import Operation
from ninja.responses import NinjaJSONEncoder
from ninja.utils import contribute_operation_callback

from registry_ui.actions.kept_answers import Answer, answer_once
from registry_ui.api.authentication import ApiRequest
from registry_ui.errors import InvalidFieldError
from registry_ui.models.kept_answers import KEY_LENGTH

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "description": "A text of your own, new with each call, such as a UUID. For 24"
    f" hours the same call with it is answered as before, with `{REPLAYED}: true`, and"
    " nothing is done again; another call with it is refused.",
}

V = TypeVar("V", bound=Callable[..., Any])


def idempotent(view: V) -> V:
    """Let an operation take an idempotency key; stands below `needs`."""

    @wraps(view)
    def once(request: ApiRequest, **given: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(request, **given)

        def make() -> Answer:
            return _answer(view(request, **given), given.get("response"))

        answer = answer_once(
            request.auth, _checked(key), digest=_digest(request), make=make
        )
        response = HttpResponse(
            answer.body,
            status=answer.status,
            content_type="application/json; charset=utf-8",
        )
        if answer.location:
            response["Location"] = answer.location
        if answer.is_kept:
            response[REPLAYED] = "true"
        return response

    contribute_operation_callback(once, _declare)
    return once  # type: ignore[return-value] # it takes what the view takes


def _declare(operation: Operation) -> None:
    extra = operation.openapi_extra or {}
    parameters = [*extra.get("parameters", []), _PARAMETER]
    operation.openapi_extra = {**extra, "parameters": parameters}


def _checked(key: str) -> str:
    if not key.strip() or len(key) > KEY_LENGTH or not key.isprintable():
        raise InvalidFieldError(
            HEADER,
            f"`{HEADER}`: send 1 to {KEY_LENGTH} printable characters, such as a UUID.",
        )
    return key


def _digest(request: ApiRequest) -> str:
    call = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(call + request.body).hexdigest()


def _answer(result: Schema | Status[Schema], response: HttpResponse | None) -> Answer:
    status: int = HTTPStatus.OK
    if isinstance(result, Status):
        status, result = result.status_code, result.value
    # As Ninja itself would write it.
    body = json.dumps(result.model_dump(), cls=NinjaJSONEncoder)
    return Answer(status, body, response.get("Location", "") if response else "")
