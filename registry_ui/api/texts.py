"""Text as callers send it: what a database can store, and what is wrong, in words."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, ValidationError


def _storable(text: str) -> str:
    """Refuse what JSON can say and a database cannot store."""
    if "\0" in text:
        raise ValueError("This holds a NUL character, which cannot be stored")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("This holds half of a surrogate pair, which is no character")
    return text


Text = Annotated[str, AfterValidator(_storable)]


def sentences_of(
    error: ValidationError, known: Iterable[str], *, skipped: int = 0
) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong; it names the field.

    Args:
        error: what the schema found.
        known: the names of the schema's fields.
        skipped: how many steps of a field's place say nothing to a caller.
    """
    names = ", ".join(known)
    for item in error.errors(include_url=False, include_input=False):
        field = ".".join(str(step) for step in item["loc"][skipped:])
        yield _sentence(item["type"], field, item["msg"], names)


def _sentence(kind: str, field: str, reason: str, known: str) -> str:
    reason = reason.removeprefix("Value error, ").rstrip(".")
    match kind:
        case "value_error" if not field:
            return f"{reason}."
        case _ if not field:
            return "Send a JSON object as body."
        case "missing":
            return f"`{field}` is missing."
        case "extra_forbidden" if "." in field:  # `known` are not that object's names
            return f"There is no field `{field}`."
        case "extra_forbidden":
            return f"There is no field `{field}`; known: {known}."
        case _:
            return f"`{field}`: {reason}."
