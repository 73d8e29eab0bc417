"""The bodies of deliveries: built once, in the form that the webhook asks for."""

import json
from datetime import UTC, datetime
from typing import Any

from registry_ui.models import AuditEvent
from webhooks_ui.models import EventName, PayloadFormat, Webhook
from webhooks_ui.payloads.catalog import RULES
from webhooks_ui.payloads.cloud_events import cloud_event
from webhooks_ui.payloads.fields import is_known
from webhooks_ui.payloads.occurrences import Occurrence

TEST_TEXT = "A test webhook trigger"
"""Databricks' words: nobody shall take a test for news."""
EXAMPLE_MODEL = "example-model"
_EXAMPLE_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_EXAMPLE_ACTOR = "dana@example.com"
_EXAMPLE_WEBHOOK = "c5596721253c4b429368cf6f4341b88a"
_EXAMPLE_DELIVERY = "019ca8a0cdc07c2d9d1a6f0b3e5c7a94"
_CONTENT_TYPES = {
    PayloadFormat.DATABRICKS: "application/json; charset=utf-8",
    PayloadFormat.CLOUDEVENTS: "application/cloudevents+json; charset=utf-8",
}


def content_type_of(payload_format: str) -> str:
    """Return the content type of bodies in this form."""
    return _CONTENT_TYPES[PayloadFormat(payload_format)]


def payload_of_event(
    event: AuditEvent, name: EventName, webhook: Webhook, *, delivery_id: str
) -> bytes:
    """Return the body that tells the webhook of an audit event under this name."""
    occurrence = Occurrence(
        event_type=event.type,
        at=event.recorded_at,
        model_name=event.model_name,
        version=event.version_number,
        actor=event.actor_name,
        request_number=event.request_number,
        sequence=event.position,
        details=event.details,
    )
    told = _told(occurrence, name, webhook.pk)
    return _body(told, occurrence, name, webhook, delivery_id)


def payload_of_test(
    name: EventName, webhook: Webhook, *, at: datetime, actor: str, delivery_id: str
) -> bytes:
    """Return the body of a test with this event, about an invented version 7."""
    model_name = webhook.model.name if webhook.model else EXAMPLE_MODEL
    occurrence = _example(name, at=at, actor=actor, model_name=model_name)
    told = _told(occurrence, name, webhook.pk) | {"text": TEST_TEXT}
    return _body(told, occurrence, name, webhook, delivery_id)


def example_of(
    name: EventName, payload_format: str = PayloadFormat.DATABRICKS
) -> dict[str, Any]:
    """Return an example for the catalogue, as a receiver would get it."""
    occurrence = _example(
        name, at=_EXAMPLE_AT, actor=_EXAMPLE_ACTOR, model_name="churn", sequence=4711
    )
    told = _told(occurrence, name, _EXAMPLE_WEBHOOK)
    if payload_format == PayloadFormat.CLOUDEVENTS:
        return cloud_event(told, occurrence, name, _EXAMPLE_DELIVERY)
    return told


def _example(
    name: EventName,
    *,
    at: datetime,
    actor: str,
    model_name: str,
    sequence: int | None = None,
) -> Occurrence:
    rule = RULES[name]
    known = {field.name for field in rule.fields}
    through_request = rule.example.get("through") == "request"
    return Occurrence(
        event_type=next(iter(rule.fires)).value,
        at=at,
        model_name=model_name if "model_name" in known else "",
        version=7 if "version" in known else None,
        actor=actor if rule.has_actor else "",
        request_number=12 if rule.is_of_request or through_request else None,
        sequence=sequence,
        details=rule.example,
    )


def _told(occurrence: Occurrence, name: EventName, webhook_id: str) -> dict[str, Any]:
    """Return the payload in Databricks' form; absent facts are absent fields."""
    payload: dict[str, Any] = {
        "event": name.value,
        "webhook_id": webhook_id,
        "event_timestamp": round(occurrence.at.timestamp() * 1000),
    }
    for field in RULES[name].all_fields:
        value = field.value(occurrence)
        if is_known(value):
            payload[field.name] = value
    return payload


def _body(
    told: dict[str, Any],
    occurrence: Occurrence,
    name: EventName,
    webhook: Webhook,
    delivery_id: str,
) -> bytes:
    """Return the JSON text as UTF-8, in the webhook's form."""
    if webhook.payload_format == PayloadFormat.CLOUDEVENTS:
        told = cloud_event(told, occurrence, name, delivery_id)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
