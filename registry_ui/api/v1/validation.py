"""What is wrong with a call, in sentences that name the field and the remedy."""

from collections.abc import Iterator
from typing import Any, get_origin

from django.http import HttpRequest
from ninja.errors import ValidationErrorContext
from pydantic import BaseModel

from registry_ui.api.texts import sentences_of
from registry_ui.errors import ActionError


def refuse_unknown_parameters(request: HttpRequest, schema: type[BaseModel]) -> None:
    """Refuse what Ninja would ignore: a misspelt filter would answer everything.

    Raises:
        ActionError: it names the first parameter that the schema does not have, or
            has once.
    """
    for name, values in request.GET.lists():
        field = schema.model_fields.get(name)
        if field is None:
            known = ", ".join(schema.model_fields)
            raise ActionError(f"There is no parameter `{name}`; known: {known}.")
        if len(values) > 1 and get_origin(field.annotation) is not list:
            raise ActionError(f"Give `{name}` once; it was given {len(values)} times.")


def sentences(context: ValidationErrorContext[Any]) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong with one part of a call.

    The part (body, path or query) is taken by one parameter whose type is a schema;
    so is it in all of our operations.
    """
    (parameter,) = context.model.model_fields.values()
    schema: type[BaseModel] = parameter.annotation
    yield from sentences_of(
        context.pydantic_validation_error, schema.model_fields, skipped=1
    )
