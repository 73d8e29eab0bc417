"""What receivers get: the one table from audit events to Databricks' names, and bodies.

The fields of Databricks come first, in the order of its documentation; ours follow
and are ignored by receivers that do not know them. A body is built once and stored.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Stage
from webhooks_ui.models import EventName, Webhook

MAX_TEXT_LENGTH = 10_000  # characters of one value; the rest is at the source
TEST_TEXT = "A test webhook trigger"

Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a payload tells of, whether it comes from the record or from a test."""

    at: datetime
    model_name: str
    version: int | None = None
    actor: str = ""
    request_number: int | None = None
    sequence: int | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one type of audit event is told.

    Attributes:
        generic: the name that fits every event of the type.
        by_stage: the names that fit besides, by the stage that is entered.
        fields: the fields of Databricks that go beyond model and version.
        text: one sentence for a chat channel.
    """

    generic: EventName
    fields: Callable[[Details], dict[str, Any]]
    text: Callable[[Occurrence], str]
    by_stage: Mapping[str, EventName] = field(default_factory=dict)


def names_of(event_type: str, details: Details) -> tuple[EventName, ...]:
    """Return the names under which an audit event is told; none for most types.

    A move into Staging, say, has two: the generic name and the one for that stage.
    Each is a delivery of its own to a webhook that is subscribed to both.
    """
    rule = _RULES.get(event_type)
    if rule is None:
        return ()
    specific = rule.by_stage.get(details.get("to_stage", ""))
    return (rule.generic, specific) if specific else (rule.generic,)


def payload_of_event(event: AuditEvent, name: EventName, webhook: Webhook) -> bytes:
    """Return the body that tells the webhook of an audit event under this name."""
    occurrence = Occurrence(
        at=event.recorded_at,
        model_name=event.model_name,
        version=event.version_number,
        actor=event.actor_name,
        request_number=event.request_number,
        sequence=event.position,
        details=event.details,
    )
    return _body(occurrence, name, webhook, _RULE_OF_NAME[name].text(occurrence))


def payload_of_test(
    name: EventName, webhook: Webhook, *, at: datetime, actor: str
) -> bytes:
    """Return the body of a test with this event, about an invented version 1."""
    stage = next(
        (
            stage
            for stage, specific in _RULE_OF_NAME[name].by_stage.items()
            if specific == name
        ),
        Stage.PRODUCTION.value,
    )
    occurrence = Occurrence(
        at=at,
        model_name=webhook.model.name if webhook.model else "example-model",
        version=None if name == EventName.REGISTERED_MODEL_CREATED else 1,
        actor=actor,
        details={
            "from_stage": Stage.NONE.value,
            "to_stage": stage,
            "comment": "An example comment",
            "key": "example",
            "value": "yes",
            "run_id": "0" * 32,
        },
    )
    return _body(occurrence, name, webhook, TEST_TEXT)


def _body(
    occurrence: Occurrence, name: EventName, webhook: Webhook, text: str
) -> bytes:
    """Return the JSON text as UTF-8; absent facts are absent fields."""
    payload: dict[str, Any] = {
        "event": name.value,
        "webhook_id": webhook.pk,
        "event_timestamp": round(occurrence.at.timestamp() * 1000),
        "model_name": occurrence.model_name,
    }
    if occurrence.version is not None:
        payload["version"] = str(occurrence.version)
    payload |= _RULE_OF_NAME[name].fields(occurrence.details)
    payload["text"] = text
    if occurrence.actor:
        payload["user_id"] = occurrence.actor
    if occurrence.request_number is not None:
        payload["request_number"] = occurrence.request_number
    if occurrence.sequence is not None:
        payload["sequence"] = occurrence.sequence
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def _cut(text: object) -> str:
    """Return the text, cut where it would burden a receiver; a cut shows as `…`."""
    whole = str(text)
    return whole if len(whole) <= MAX_TEXT_LENGTH else whole[:MAX_TEXT_LENGTH] + "…"


def _nothing(_: Details) -> dict[str, Any]:
    return {}


def _run(details: Details) -> dict[str, Any]:
    run_id = details.get("run_id")
    return {"source_run_id": run_id} if run_id else {}


def _stages(details: Details) -> dict[str, Any]:
    return {key: details[key] for key in ("to_stage", "from_stage") if key in details}


def _request(details: Details) -> dict[str, Any]:
    """Return from, to and why; a request for an alias names its target instead."""
    fields = {"from_stage": details.get("from_stage", Stage.NONE.value)}
    if details.get("to_stage"):
        fields["to_stage"] = details["to_stage"]
    else:
        fields["target"] = details.get("target", "")
    return {**fields, "comment": _cut(details.get("comment", ""))}


def _comment(details: Details) -> dict[str, Any]:
    return {"comment": _cut(details.get("comment", ""))}


def _tags(details: Details) -> dict[str, Any]:
    tag = {"key": details.get("key", ""), "value": _cut(details.get("value", ""))}
    return {"tags": [tag]}


def _who(occurrence: Occurrence, otherwise: str = "Somebody") -> str:
    return occurrence.actor or otherwise


def _subject(occurrence: Occurrence) -> str:
    return f"registered model '{occurrence.model_name}' version {occurrence.version}"


def _model_text(occurrence: Occurrence) -> str:
    return f"{_who(occurrence)} created registered model '{occurrence.model_name}'."


def _version_text(occurrence: Occurrence) -> str:
    return (
        f"{_who(occurrence)} created version {occurrence.version} of registered model"
        f" '{occurrence.model_name}'."
    )


def _tag_text(occurrence: Occurrence) -> str:
    key, value = (occurrence.details.get(name, "") for name in ("key", "value"))
    return (
        f"{_who(occurrence)} set version tag(s) '{key}' => '{_cut(value)}' for"
        f" {_subject(occurrence)}."
    )


def _transition_text(occurrence: Occurrence) -> str:
    """Return Databricks' sentence, which names nobody."""
    subject = _subject(occurrence)
    old = occurrence.details.get("from_stage", "?")
    new = occurrence.details.get("to_stage", "?")
    return f"{subject[0].upper()}{subject[1:]} transitioned from {old} to {new}."


def _request_text(occurrence: Occurrence) -> str:
    details = occurrence.details
    target = details.get("to_stage") or details.get("target", "?")
    return (
        f"{_who(occurrence)} requested the transition of {_subject(occurrence)} from"
        f" {details.get('from_stage', Stage.NONE.value)} to {target}."
    )


def _comment_text(occurrence: Occurrence) -> str:
    return f"{_who(occurrence, 'A user')} commented on {_subject(occurrence)}."


_RULES: dict[str, _Rule] = {
    EventType.REGISTERED_MODEL_CREATED: _Rule(
        EventName.REGISTERED_MODEL_CREATED, _nothing, _model_text
    ),
    EventType.MODEL_VERSION_CREATED: _Rule(
        EventName.MODEL_VERSION_CREATED, _run, _version_text
    ),
    EventType.MODEL_VERSION_TAG_SET: _Rule(
        EventName.MODEL_VERSION_TAG_SET, _tags, _tag_text
    ),
    EventType.COMMENT_CREATED: _Rule(
        EventName.COMMENT_CREATED, _comment, _comment_text
    ),
    EventType.MODEL_VERSION_TRANSITIONED: _Rule(
        EventName.MODEL_VERSION_TRANSITIONED_STAGE,
        _stages,
        _transition_text,
        {
            Stage.STAGING.value: EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING,
            Stage.PRODUCTION.value: EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION,
            Stage.ARCHIVED.value: EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED,
        },
    ),
    EventType.TRANSITION_REQUEST_CREATED: _Rule(
        EventName.TRANSITION_REQUEST_CREATED,
        _request,
        _request_text,
        {
            Stage.STAGING.value: EventName.TRANSITION_REQUEST_TO_STAGING_CREATED,
            Stage.PRODUCTION.value: EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED,
            Stage.ARCHIVED.value: EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED,
        },
    ),
}
"""The one table from our events to Databricks' names."""

_RULE_OF_NAME: dict[str, _Rule] = {
    name: rule
    for rule in _RULES.values()
    for name in (rule.generic, *rule.by_stage.values())
}
