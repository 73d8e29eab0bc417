"""What is wrong with a call, in sentences that name the field and the remedy."""

from collections.abc import Iterator
from typing import Any

from ninja.errors import ValidationErrorContext
from pydantic import BaseModel

from registry_ui.api.texts import sentences_of


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
