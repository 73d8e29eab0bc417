"""The smallest valid object of each kind of the webhooks."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from registry_ui.events import EventType, record_event
from registry_ui.models import AuditEvent, ModelVersion, RegisteredModel
from tests.factories import make_user, make_version
from webhooks_ui.models import (
    DATABRICKS_EVENTS,
    Delivery,
    DeliveryAttempt,
    EventName,
    Trigger,
    Webhook,
    WebhookSecret,
)

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


def make_webhook(
    *,
    url: str = "https://receiver.example.com/hook",
    events: list[str] | None = None,
    model: RegisteredModel | None = None,
    status: str = Webhook.Status.ACTIVE,
    secret: str = "",
    authorization: str = "",
    created_by: User | None = None,
    **columns: Any,
) -> Webhook:
    """Make an active registry-wide webhook, by its row alone: nothing is checked.

    Args:
        url: where it is sent.
        events: Databricks' twelve if not given.
        model: the one model it hears of; the registry if not given.
        status: as the enum spells it.
        secret: signs; none if empty.
        authorization: value of the header; none if empty.
        created_by: a new user if not given.
        columns: more columns of `Webhook`.
    """
    webhook = Webhook(
        url=url,
        events=[*DATABRICKS_EVENTS] if events is None else events,
        model=model,
        status=status,
        created_by=created_by or make_user(),
        **columns,
    )
    webhook.authorization = authorization
    webhook.save(force_insert=True)
    if secret:
        WebhookSecret.objects.add(webhook, secret, by=webhook.created_by)
    return webhook


def make_job_webhook(
    *,
    workspace_url: str = "https://dbc-1.example.com",
    job_id: str = "123",
    access_token: str = "dapi-0123456789abcdef",  # noqa: S107 - of the stand-in
    **columns: Any,
) -> Webhook:
    """Make an active registry-wide webhook that starts a job, by its row alone.

    Args:
        workspace_url: of the workspace that has the job.
        job_id: as text.
        access_token: for the workspace.
        columns: more columns of `Webhook`; `events`: all twelve if not given.
    """
    webhook = Webhook(
        kind=Webhook.Kind.JOB,
        workspace_url=workspace_url,
        job_id=job_id,
        events=columns.pop("events", EventName.values),
        status=columns.pop("status", Webhook.Status.ACTIVE),
        created_by=columns.pop("created_by", None) or make_user(),
        **columns,
    )
    webhook.access_token = access_token
    webhook.save(force_insert=True)
    return webhook


def make_delivery(
    *,
    webhook: Webhook | None = None,
    event_name: EventName = EventName.MODEL_VERSION_CREATED,
    payload: bytes = b'{"event":"MODEL_VERSION_CREATED"}',
    due_at: datetime = LONG_AGO,
    **columns: Any,
) -> Delivery:
    """Make a delivery that is due, by its row alone.

    Args:
        webhook: a new one if not given.
        event_name: what is told.
        payload: the body.
        due_at: when it may be sent; long ago if not given.
        columns: more columns of `Delivery`.
    """
    return Delivery.objects.create(
        webhook=webhook or make_webhook(),
        event_name=event_name,
        payload=payload,
        due_at=due_at,
        event=columns.pop("event", None) or make_event(),
        **columns,
    )


def make_deliveries(
    webhook: Webhook, count: int, *, status: str = "succeeded"
) -> list[Delivery]:
    """Make many deliveries of one event in two statements, each under another name.

    Args:
        webhook: whose.
        count: how many.
        status: of each.
    """
    event = make_event()
    return Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            event=event,
            event_name=f"NAME_{number}",
            payload=b'{"event":"NAME"}',
            due_at=LONG_AGO,
            status=status,
            settled_at=None if status == "pending" else LONG_AGO,
        )
        for number in range(count)
    )


def make_attempt(
    delivery: Delivery,
    *,
    status_code: int | None = 200,
    started_at: datetime = LONG_AGO,
    duration_ms: int = 12,
    number: int = 1,
    **columns: Any,
) -> DeliveryAttempt:
    """Make an attempt, by its row alone.

    Args:
        delivery: of which.
        status_code: None for no answer.
        started_at: long ago if not given.
        duration_ms: how long it took.
        number: which attempt it was.
        columns: more columns of `DeliveryAttempt`.
    """
    return DeliveryAttempt.objects.create(
        delivery=delivery,
        webhook_id=delivery.webhook_id,
        number=number,
        trigger=columns.pop("trigger", Trigger.AUTO),
        started_at=started_at,
        duration_ms=duration_ms,
        url=delivery.webhook.url,
        status_code=status_code,
        **columns,
    )


def make_event(
    event_type: EventType = EventType.MIRROR_FILLED,
    *,
    actor: User | None = None,
    version: ModelVersion | None = None,
    **details: Any,
) -> AuditEvent:
    """Record an event as an action would; one that no webhook hears of by default."""
    with transaction.atomic():
        return record_event(event_type, actor=actor, version=version, **details)


def make_move_to_production(version: ModelVersion | None = None) -> AuditEvent:
    """Record that a version went from Staging to Production."""
    return make_event(
        EventType.MODEL_VERSION_TRANSITIONED,
        version=version or make_version(),
        from_stage="Staging",
        to_stage="Production",
    )
