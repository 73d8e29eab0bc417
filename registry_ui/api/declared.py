"""What a call of `/api/v1` may hold: what its operation declares, and nothing else.

Ninja ignores the rest: a misspelt filter would answer everything.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPMethod
from typing import Any, get_origin

from django.http import HttpRequest
from ninja.operation import Operation
from pydantic import BaseModel

from registry_ui.errors import ActionError

_NOTHING = {b"", b"{}", b"null"}


def take_only_what_is_declared(operation: Operation) -> None:
    """Have the operation refuse parameters and bodies that it does not know."""
    declared = {model.__ninja_param_source__: model for model in operation.models}
    query, takes_body = declared.get("query"), "body" in declared
    view: Callable[..., Any] = operation.view_func

    @wraps(view)
    def strict(request: HttpRequest, **given: Any) -> Any:
        _refuse_unknown_parameters(request, _schema_of(query) if query else BaseModel)
        if not (takes_body or request.method == HTTPMethod.GET):
            _refuse_body(request)
        return view(request, **given)

    operation.view_func = strict


def _schema_of(part: type[BaseModel]) -> type[BaseModel]:
    """Return the schema that the one parameter for a part of the call has as type."""
    (parameter,) = part.model_fields.values()
    schema: type[BaseModel] = parameter.annotation  # type: ignore[assignment] # is one
    return schema


def _refuse_unknown_parameters(request: HttpRequest, schema: type[BaseModel]) -> None:
    """Refuse the first that the schema does not have, or has once and got twice."""
    for name, values in request.GET.lists():
        field = schema.model_fields.get(name)
        if field is None:
            known = ", ".join(schema.model_fields) or "none"
            raise ActionError(f"There is no parameter `{name}`; known: {known}.")
        if len(values) > 1 and get_origin(field.annotation) is not list:
            raise ActionError(f"Give `{name}` once; it was given {len(values)} times.")


def _refuse_body(request: HttpRequest) -> None:
    if request.body.strip() not in _NOTHING:
        raise ActionError("This call takes no body; leave it out.")
