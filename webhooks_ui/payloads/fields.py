"""The fields of payloads: what each is called, what it means, where it comes from.

A field that is listed for an event stands in its payload and in its schema, so that
neither can say something else than the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from registry_ui.models import Check, Incident, Stage, TransitionRequest
from webhooks_ui.payloads.occurrences import Occurrence

MAX_TEXT_LENGTH = 10_000  # characters of one value; the rest is at the source
MAX_ITEMS = 100  # of one list, likewise

Schema = Mapping[str, Any]
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "string", "pattern": "^[0-9]+$"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_STAGE: Schema = {"type": "string", "enum": Stage.values}
_COUNTED: Schema = {"type": "integer", "minimum": 1}
_PHRASES: Schema = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload.

    Attributes:
        name: as it is sent.
        says: what it means, for the schema.
        schema: what its value looks like.
        value: finds it; None and an empty text stand for not known: it is left out.
        is_required: is it known of each such event?
    """

    name: str
    says: str
    schema: Schema
    value: Callable[[Occurrence], Any]
    is_required: bool = False

    def required(self) -> "Field":
        """Return the field as one that is always there."""
        return replace(self, is_required=True)

    def only(self, *values: str) -> "Field":
        """Return the field as one that has no other values than these."""
        return replace(self, schema={"type": "string", "enum": list(values)})

    def saying(self, words: str) -> "Field":
        """Return the field with what it means for one kind of event."""
        return replace(self, says=words)


def cut(text: object, length: int = MAX_TEXT_LENGTH) -> str:
    """Return the text, cut where it would burden a receiver; a cut shows as `…`."""
    whole = str(text)
    return whole if len(whole) <= length else whole[:length] + "…"


def _detail(key: str) -> Callable[[Occurrence], Any]:
    """Find a detail of the audit event; texts and lists are cut."""

    def find(occurrence: Occurrence) -> Any:
        value = occurrence.details.get(key)
        if isinstance(value, list | tuple):
            return [cut(item) for item in value[:MAX_ITEMS]]
        return cut(value) if isinstance(value, str) else value

    return find


def _version(key: str) -> Callable[[Occurrence], str | None]:
    """Find the number of a version among the details; numbers of versions are texts."""

    def find(occurrence: Occurrence) -> str | None:
        number = occurrence.details.get(key)
        return None if number is None else str(number)

    return find


def _time(key: str) -> Callable[[Occurrence], str | None]:
    """Find a time among the details, in the one form of RFC 3339 that all read."""

    def find(occurrence: Occurrence) -> str | None:
        text = occurrence.details.get(key)
        return datetime.fromisoformat(text).isoformat() if text else None

    return find


def _own_version(occurrence: Occurrence) -> str | None:
    return None if occurrence.version is None else str(occurrence.version)


def _tags(occurrence: Occurrence) -> list[dict[str, str]]:
    details = occurrence.details
    tag = {"key": details.get("key", ""), "value": cut(details.get("value", ""))}
    return [tag]


def _from_stage(occurrence: Occurrence) -> str:
    return occurrence.details.get("from_stage") or Stage.NONE.value


def _what_came_true(occurrence: Occurrence) -> list[str] | None:
    """Return the effects that MLflow shows; None where nobody could look."""
    outcome = occurrence.details.get("outcome")
    if outcome is None:
        return None
    return [cut(one["effect"]) for one in outcome if one["came_true"]][:MAX_ITEMS]


def _links(occurrence: Occurrence) -> dict[str, str]:
    """Return the addresses of the pages that show what it is about."""
    name, version = occurrence.model_name, occurrence.version
    details = occurrence.details
    pages: dict[str, tuple[str, list[object]] | None] = {
        "model": ("model_detail", [name]) if name else None,
        "version": ("version_detail", [name, version]) if version else None,
        "request": _page("request_detail", occurrence.request_number),
        "incident": _page("incident_detail", details.get("incident")),
        # Of a request this names the policy with its version: no address.
        "policy": _page("policy_detail", None if name else details.get("policy")),
        "event": _page("event_detail", occurrence.sequence),
    }
    return {
        subject: absolute(reverse(f"registry_ui:{page[0]}", args=page[1]))
        for subject, page in pages.items()
        if page
    }


def _page(view: str, key: object) -> tuple[str, list[object]] | None:
    return (view, [key]) if key else None


def absolute(path: str) -> str:
    """Return the address under which others reach a page of this installation."""
    return f"{settings.BASE_URL.rstrip('/')}{path}"


# --- Of Databricks, in its order ---------------------------------------------------

MODEL_NAME = Field(
    "model_name",
    "The registered model.",
    _TEXT,
    lambda occurrence: occurrence.model_name,
).required()
VERSION = Field(
    "version", "Number of the model version.", _NUMBER, _own_version
).required()
SOURCE_RUN_ID = Field(
    "source_run_id",
    "The MLflow run that the version came from, if one is known.",
    _TEXT,
    _detail("run_id"),
)
TAGS = Field(
    "tags",
    "The tags that were set.",
    {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {"key": _TEXT, "value": _TEXT},
            "required": ["key", "value"],
        },
    },
    _tags,
).required()
TO_STAGE = Field("to_stage", "The stage it goes to.", _STAGE, _detail("to_stage"))
FROM_STAGE = Field("from_stage", "The stage it comes from.", _STAGE, _from_stage)
COMMENT = Field(
    "comment",
    f"What was written, as it was typed; cut after {MAX_TEXT_LENGTH:,} characters.",
    _TEXT,
    _detail("comment"),
)

# --- Ours, of any event -------------------------------------------------------------

USER_ID = Field(
    "user_id",
    "User name of who did it; absent for a change that was made in MLflow itself,"
    " and for what the clock does.",
    _TEXT,
    lambda occurrence: occurrence.actor,
)
REQUEST_NUMBER = Field(
    "request_number",
    "The transition request that it is about, or that caused it.",
    _COUNTED,
    lambda occurrence: occurrence.request_number,
)
SEQUENCE = Field(
    "sequence",
    "Position in the audit log, which only grows: of two events the newer one has the"
    " larger. Absent in a test.",
    _COUNTED,
    lambda occurrence: occurrence.sequence,
)
LINKS = Field(
    "links",
    "Addresses of the pages that show it.",
    {
        "type": "object",
        "properties": {
            subject: {"type": "string", "format": "uri"}
            for subject in (
                "model",
                "version",
                "request",
                "incident",
                "policy",
                "event",
            )
        },
    },
    _links,
).required()

# --- Ours, of some ------------------------------------------------------------------

THROUGH = Field(
    "through",
    "How the change was made: in MLflow itself, by a request, or on Signoff's pages.",
    {"type": "string", "enum": ["mlflow", "request", "signoff"]},
    _detail("through"),
)
IS_SIDE_EFFECT = Field(
    "is_side_effect",
    "Was it archived because another version took its place?",
    {"type": "boolean"},
    _detail("is_side_effect"),
)
KIND = Field(
    "kind",
    "What kind of request it is.",
    {"type": "string", "enum": TransitionRequest.Kind.values},
    _detail("kind"),
)
TARGET = Field(
    "target",
    "Where the version shall go: a stage or an alias.",
    {"type": "string", "pattern": "^(stage|alias):"},
    _detail("target"),
).required()
POLICY = Field("policy", "The policy that governs it.", _TEXT, _detail("policy"))
PLAN = Field("effects", "What will change, in words.", _PHRASES, _detail("plan"))
UNDONE = Field(
    "effects", "What was taken back, in words.", _PHRASES, _detail("effects")
)
CAME_TRUE = Field(
    "effects", "What MLflow shows of it now, in words.", _PHRASES, _what_came_true
)
REASON = Field("reason", "Why, in words.", _TEXT, _detail("reason"))
REVIEW_COMMENT = Field(
    "comment", "What the reviewer wrote.", _TEXT, _detail("review_comment")
)
WAS_UNDO = Field(
    "was_undo",
    "Was it to be taken back when it failed?",
    {"type": "boolean"},
    _detail("was_undo"),
)
BY_REQUEST = Field(
    "by_request_number",
    "The other request that did it.",
    _COUNTED,
    _detail("by_request"),
)
BREAK_GLASS = Field(
    "break_glass_number",
    "Number of the break-glass that is to be reviewed.",
    _COUNTED,
    _detail("break_glass"),
)
REVIEW_DUE_AT = Field(
    "review_due_at",
    "Until when somebody else must have reviewed it.",
    _TIME,
    _time("review_due_at"),
)
INCIDENT = Field(
    "incident_number", "Number of the incident.", _COUNTED, _detail("incident")
)
EFFECTS = Field(
    "effects",
    "The changes that nobody decided, in words.",
    _PHRASES,
    _detail("effects"),
).required()
RESOLUTION = Field(
    "resolution",
    "How it ended: reverted, accepted after the fact, decided by a request, or moved"
    " back in MLflow (undone).",
    {"type": "string", "enum": Incident.Resolution.values},
    _detail("resolution"),
).required()
ALIAS = Field("alias", "The alias, without @.", _TEXT, _detail("alias")).required()
FROM_VERSION = Field(
    "from_version",
    "The version that the alias pointed to before.",
    _NUMBER,
    _version("from_version"),
)
TO_VERSION = Field(
    "to_version", "The version that it points to now.", _NUMBER, _own_version
)
NO_LONGER = replace(FROM_VERSION, value=_own_version)
CHECK = Field("check", "Name of the check.", _TEXT, _detail("check")).required()
VERDICT = Field(
    "verdict",
    "What came out.",
    {"type": "string", "enum": Check.Verdict.values},
    _detail("verdict"),
).required()
CHECK_LINK = Field(
    "check_link",
    "Where the system that checked shows the details.",
    {"type": "string", "format": "uri"},
    _detail("link"),
)
CHECK_TEXT = Field("check_text", "What it found.", _TEXT, _detail("text"))
STAGE_BEFORE = Field("from_stage", "Where it was last.", _STAGE, _detail("stage"))
NAME_BEFORE = Field(
    "name_before", "What it was called before.", _TEXT, _detail("name_before")
).required()
IS_PROMPT = Field(
    "is_prompt",
    "Is it still in MLflow, but as a prompt?",
    {"type": "boolean"},
    _detail("is_prompt"),
)
POLICY_ACT = Field(
    "change",
    "What was done to the policy.",
    {"type": "string", "enum": ["created", "changed", "retired", "reordered"]},
    lambda occurrence: occurrence.event_type.partition(".")[2],
).required()
POLICY_NAME = replace(POLICY, says="Name of the policy.")
POLICY_VERSION = Field(
    "policy_version",
    "Its version; of one that is retired, the last.",
    _COUNTED,
    _detail("policy_version"),
)
ORDER = Field(
    "order",
    "The names of all policies in the order in which they are tried.",
    _PHRASES,
    _detail("order"),
)

THE_CHANGE = (KIND, TARGET)


def is_known(value: object) -> bool:
    """Is there something to tell? An empty list is something."""
    return value is not None and value != ""
