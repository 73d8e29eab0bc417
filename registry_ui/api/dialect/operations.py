"""From a function to an address: who calls, what is said, and an answer that all read.

Success is 200 with a JSON object and nothing else: other clients than databricks-sdk
take 201 and 204 for errors.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import HttpHeaders
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from pydantic import JsonValue

from registry_ui.api.authentication import Session, authenticate, token_of
from registry_ui.api.dialect.errors import ANSWERED, answer_error
from registry_ui.api.dialect.parameters import P, read_parameters
from registry_ui.api.errors import endpoint_not_found
from registry_ui.models import ApiToken, Scope

PREFIX = "api/2.0/mlflow/"
PREVIEW_PREFIX = "api/2.0/preview/mlflow/"
"""The same calls under the address that databricks-registry-webhooks knows."""

Answer = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Call(Generic[P]):
    """What an operation gets to know.

    Attributes:
        user: who calls.
        given: what was said, checked.
        is_preview: was it called below `PREVIEW_PREFIX`?
        headers: of the call.
        token: that it came with; None for a browser's session.
    """

    user: User
    given: P
    is_preview: bool
    headers: HttpHeaders
    token: ApiToken | None


@dataclass(frozen=True, slots=True)
class Operation(Generic[P]):
    """One call of the dialect.

    Attributes:
        method: the HTTP method.
        path: below the prefix; `<parts>` of it are parameters, too.
        parameters: what it takes.
        run: does it, and returns the object to answer, or the answer itself where
            it stands in JSON already; raises what is `ANSWERED`.
        scope: what a token must be good for.
    """

    method: str
    path: str
    parameters: type[P]
    run: Callable[[Call[P]], Answer | HttpResponse]
    scope: Scope


def addresses(*operations: Operation[Any]) -> list[URLPattern]:
    """Return the addresses of operations, named after their paths.

    Include them below both prefixes; below that of the preview with the extra argument
    `is_preview`, and where MLflow's own pages call them with `session`.
    """
    by_path: dict[str, dict[str, Operation[Any]]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    return [
        path(where, _view(by_method), name=_name_of(where))
        for where, by_method in by_path.items()
    ]


def _name_of(where: str) -> str:
    """Return the name of an address: `webhooks_webhook_id_test`."""
    return re.sub(r"<\w+:(\w+)>", r"\1", where).replace("/", "_")


def _view(by_method: Mapping[str, Operation[Any]]) -> Callable[..., HttpResponse]:
    """Return the view of one address; `authenticate` makes the check for CSRF."""

    def answer(
        request: HttpRequest,
        *,
        is_preview: bool = False,
        session: type[Session] = Session,
        **parts: str,
    ) -> HttpResponse:
        operation = by_method.get(request.method or "")
        if operation is None:
            return endpoint_not_found(request)
        try:
            _ = request.body  # first: the check for CSRF would read it away as a form
            user = authenticate(request, operation.scope, session=session)
            given = read_parameters(request, operation.parameters, parts)
            token = token_of(request)
            call = Call(user, given, is_preview, request.headers, token)
            found = operation.run(call)
        except ANSWERED as error:
            return answer_error(request, error)
        return found if isinstance(found, HttpResponse) else JsonResponse(dict(found))

    return login_not_required(csrf_exempt(never_cache(answer)))
