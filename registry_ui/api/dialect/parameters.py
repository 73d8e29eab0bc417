"""What a call says, wherever it stands: in the address, in the query, in the body.

Clients differ: a DELETE has its parameters in the query (databricks-sdk) or in a JSON
body (MLflow, databricks-registry-webhooks); curl as Databricks' documents show it sends
JSON with GET too, and calls it a form. So the content type is not looked at.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from django.http import HttpRequest, QueryDict
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from registry_ui.api.texts import Text, sentences_of
from registry_ui.errors import ActionError
from registry_ui.models import Stage

LARGEST_PAGE = 1000
NO_REASON = "No reason was given: the call came through Databricks' API."
"""Stands where Databricks' clients need not say why, and we want to know."""
_MOST_SENTENCES = 5
_LONGEST_NUMBER = 9  # digits; more would be no number of anything we have


class MalformedBodyError(Exception):
    """The body is not JSON, or JSON that nothing sensible nests or counts like."""


class Parameters(BaseModel):
    """What a call takes; a misspelt name is refused, since it might limit the call.

    Attributes:
        REPEATED: which of them are lists: repeated in a query.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    REPEATED: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, data: Any) -> Any:
        """Take null for absence, as protocol buffers do."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def complaints(cls, error: ValidationError) -> Iterable[str]:
        """Return one sentence for each thing that is wrong."""
        return sentences_of(error, cls.model_fields)


def _as_text(value: object) -> object:
    """Take a number for its digits: ids are text, and not every script knows."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


def as_number(value: object) -> object:
    """Take digits for their number: a query has nothing else."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    raise ValueError("This is not a whole number")


def _as_truth(value: object) -> object:
    """Take the two words for their meaning: a query has nothing else."""
    return (
        {"true": True, "false": False}.get(value, value)
        if isinstance(value, str)
        else value
    )


def _as_stage(value: object) -> object:
    """Take a stage in any case, as MLflow does.

    Raises:
        ValueError: it is none of the four, in any spelling.
    """
    stages = {stage.casefold(): stage for stage in Stage.values}
    if isinstance(value, str) and value.casefold() in stages:
        return stages[value.casefold()]
    raise ValueError(
        f"There is no such stage. Choose one of {', '.join(stages.values())}"
    )


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("This is empty")
    return text


def _not_blank(text: str) -> str:
    _not_empty(text.strip())
    return text


Id = Annotated[Text, BeforeValidator(_as_text)]
Name = Annotated[Text, AfterValidator(_not_empty)]
Words = Annotated[Text, AfterValidator(_not_blank)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
Truth = Annotated[StrictBool, BeforeValidator(_as_truth)]
VersionNumber = Annotated[
    int,
    Field(strict=True, ge=1, lt=10**_LONGEST_NUMBER),
    BeforeValidator(as_number),
]
StageName = Annotated[Stage, BeforeValidator(_as_stage)]
Reason = Annotated[Text, AfterValidator(lambda text: text.strip() or NO_REASON)]
PageSize = Annotated[
    int, Field(strict=True, ge=1, le=LARGEST_PAGE), BeforeValidator(as_number)
]
P = TypeVar("P", bound=Parameters)


class VersionParameters(Parameters):
    """Which version."""

    name: Name
    version: VersionNumber


def read_parameters(
    request: HttpRequest,
    schema: type[P],
    parts: Mapping[str, str] = MappingProxyType({}),
) -> P:
    """Return what the call says.

    Args:
        request: with query and body.
        schema: what the call takes.
        parts: of the path, by name.

    Raises:
        MalformedBodyError: the body cannot be read.
        ActionError: something is missing, wrong, unknown or said twice.
    """
    said, more = _of_query(request, schema), _of_body(request.body)
    if twice := said.keys() & more.keys():
        raise ActionError(f"`{min(twice)}` stands in the query and in the body.")
    said |= more
    if twice := said.keys() & parts.keys():
        raise ActionError(f"`{min(twice)}` stands in the address already.")
    try:
        return schema.model_validate({**parts, **said})
    except ValidationError as error:
        sentences = islice(schema.complaints(error), _MOST_SENTENCES)
        raise ActionError(" ".join(sentences)) from error


def _of_query(request: HttpRequest, schema: type[Parameters]) -> dict[str, Any]:
    """Return the query's parameters; in UTF-8, whatever charset the call names."""
    raw = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    found: dict[str, Any] = {}
    for name, values in QueryDict(raw, encoding="utf-8").lists():
        if name not in schema.REPEATED and len(values) > 1:
            raise ActionError(f"`{name}` stands in the query more than once.")
        found[name] = values if name in schema.REPEATED else values[0]
    return found


def _of_body(body: bytes) -> dict[str, Any]:
    """Return the body's parameters; none of an empty one."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError from error
    if not isinstance(found, dict):
        raise ActionError("Send a JSON object as body.")
    return {name: value for name, value in found.items() if value is not None}


def _refuse(constant: str) -> None:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError(constant)
