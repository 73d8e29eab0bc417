"""Putting deliveries into the outbox, in the transaction of the event."""

from datetime import datetime

from django.utils import timezone

from registry_ui.models import AuditEvent
from webhooks_ui import payloads
from webhooks_ui.models import Delivery, EventName, Webhook


def queue_deliveries(event: AuditEvent) -> int:
    """Store a delivery for each name of the event that a webhook is subscribed to.

    Returns:
        How many were stored; most events have no name and cost no query.
    """
    names = payloads.names_of(event.type, event.details)
    if not names:
        return 0
    now = timezone.now()
    deliveries = [
        _delivery(event, name, webhook, due_at=now)
        for webhook in Webhook.objects.told_of(event.model_pk)
        for name in names
        if webhook.wants(name)
    ]
    Delivery.objects.bulk_create(deliveries)
    return len(deliveries)


def _delivery(
    event: AuditEvent, name: EventName, webhook: Webhook, *, due_at: datetime
) -> Delivery:
    """Return a delivery whose bytes and form stay as they are now."""
    delivery = Delivery(
        webhook=webhook,
        event=event,
        event_name=name,
        payload_format=webhook.payload_format,
        due_at=due_at,
    )
    delivery.payload = payloads.payload_of_event(
        event, name, webhook, delivery_id=delivery.pk
    )
    return delivery
