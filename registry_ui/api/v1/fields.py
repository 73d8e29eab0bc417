"""Types of fields and parameters that several calls share."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from django.conf import settings
from django.db.models import Model, TextChoices
from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
)

from registry_ui.api.texts import Text
from registry_ui.models import Check, Incident, TransitionRequest, as_json_number

LARGEST_INTEGER = 2**31 - 1
"""Of an integer column on PostgreSQL; a larger number is refused, not looked up."""

_BARE_NUMBER = re.compile(r"\s*[-+]?[0-9]*\.?[0-9]*\s*")

MODEL = "Name of the registered model."
VERSION = "Number of the model version."


def _number(value: float | None) -> float | str | None:
    return None if value is None else as_json_number(value)


def _in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, which it is taken to be in if it says no zone."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("No calendar has this moment in UTC") from None


def _no_seconds(said: object) -> object:
    """Read bare digits as a date, or not at all: seconds since 1970 nobody means.

    Raises:
        ValueError: they are no date of ISO 8601.
    """
    if not isinstance(said, str) or not _BARE_NUMBER.fullmatch(said):
        return said
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        raise ValueError("Write it as 2026-03-01T12:00:00Z") from None


def _no_boolean(said: object) -> object:
    """Refuse what Python takes for 0 or 1."""
    if isinstance(said, bool):
        raise ValueError("It must be a number")  # noqa: TRY004 - pydantic wants it so
    return said


Moment = Annotated[datetime, BeforeValidator(_no_seconds), AfterValidator(_in_utc)]
MetricNumber = Annotated[
    float | Literal["NaN", "Infinity", "-Infinity"] | None, BeforeValidator(_number)
]
Number = Annotated[int, Field(ge=1, le=LARGEST_INTEGER), BeforeValidator(_no_boolean)]


def examples(*values: Mapping[str, JsonValue]) -> ConfigDict:
    """Return the configuration of a schema that shows examples in the document."""
    shown: list[JsonValue] = [dict(value) for value in values]
    return ConfigDict(json_schema_extra={"examples": shown})


def listed(choices: type[StrEnum | TextChoices]) -> WithJsonSchema:
    """Let the document list the values where they are used.

    By the class's name it could mean another one: there is a `Status` of many things.
    """
    return WithJsonSchema({"type": "string", "enum": [one.value for one in choices]})


CheckVerdict = Annotated[Check.Verdict, listed(Check.Verdict)]
IncidentStatus = Annotated[Incident.Status, listed(Incident.Status)]
RequestKind = Annotated[TransitionRequest.Kind, listed(TransitionRequest.Kind)]
RequestStatus = Annotated[TransitionRequest.Status, listed(TransitionRequest.Status)]


class Body(Schema):
    """What callers send: a misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class ModelPath(Schema):
    """Names a model."""

    name: Text = Field(description=MODEL)


class VersionPath(ModelPath):
    """Names a version."""

    version: Number = Field(description=VERSION)


class Error(Schema):
    """Any error."""

    model_config = examples(
        {"error_code": "INVALID_PARAMETER_VALUE", "message": "`version` is missing."}
    )

    error_code: str = Field(description="For programs; one of MLflow's codes.")
    message: str = Field(description="For people: what is wrong and what to do.")


REFUSALS = {400: Error, 401: Error, 403: Error, 404: Error, 429: Error}
"""What every call may answer."""


def absolute_url(page: Model) -> str:
    """Return the address under which people reach the object's page."""
    path: str = page.get_absolute_url()  # type: ignore[attr-defined] # not every model has one
    return settings.BASE_URL.rstrip("/") + path
