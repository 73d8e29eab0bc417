"""What is wrong with a call, in sentences that name the field and the remedy."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from ninja.errors import ValidationErrorContext
from pydantic import BaseModel

from registry_ui.errors import ActionError


def refuse_unknown_parameters(request: HttpRequest, schema: type[BaseModel]) -> None:
    """Refuse what Ninja would ignore: a misspelt filter would answer everything.

    Raises:
        ActionError: it names the first parameter that the schema does not have.
    """
    for name in request.GET:
        if name not in schema.model_fields:
            known = ", ".join(schema.model_fields)
            raise ActionError(f"There is no parameter `{name}`; known: {known}.")


def sentences(context: ValidationErrorContext[Any]) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong with one part of a call.

    The part (body, path or query) is taken by one parameter whose type is a schema;
    so is it in all of our operations.
    """
    (parameter,) = context.model.model_fields.values()
    schema: type[BaseModel] = parameter.annotation
    known = ", ".join(schema.model_fields)
    for error in context.pydantic_validation_error.errors(
        include_url=False, include_input=False
    ):
        field = ".".join(str(step) for step in error["loc"][1:])
        yield _sentence(error["type"], field, error["msg"], known)


def _sentence(kind: str, field: str, reason: str, known: str) -> str:
    reason = reason.removeprefix("Value error, ").rstrip(".")
    match kind:
        case "value_error" if not field:
            return f"{reason}."
        case _ if not field:
            return "Send a JSON object as body."
        case "missing":
            return f"`{field}` is missing."
        case "extra_forbidden":
            return f"There is no field `{field}`; known: {known}."
        case _:
            return f"`{field}`: {reason}."
