"""Putting deliveries into the outbox, in the transaction of the event."""

from django.utils import timezone

from registry_ui.models import AuditEvent
from webhooks_ui import payloads
from webhooks_ui.models import Delivery, Webhook


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
        Delivery(
            webhook=webhook,
            event=event,
            event_name=name,
            payload=payloads.payload_of_event(event, name, webhook),
            due_at=now,
        )
        for webhook in Webhook.objects.told_of(event.model_pk)
        for name in names
        if webhook.wants(name)
    ]
    Delivery.objects.bulk_create(deliveries)
    return len(deliveries)
