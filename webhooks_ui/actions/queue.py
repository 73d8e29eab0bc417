"""Putting deliveries into the outbox, in the transaction of the event."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from registry_ui.models import AuditEvent
from registry_ui.models.prepared import PreparedRow
from webhooks_ui import payloads
from webhooks_ui.models import Delivery, EventName, Webhook
from webhooks_ui.models.webhooks import hears_of

_NO_MODEL = 0
_told_of = PreparedRow(Webhook, hears_of, int)


def queue_deliveries(events: Iterable[AuditEvent]) -> int:
    """Store a delivery for each name of each event that a webhook is subscribed to.

    Args:
        events: recorded together; of one model, the webhooks are looked up once.

    Returns:
        How many were stored; most events have no name and cost no query.
    """
    names_of = {event: payloads.names_of(event.type, event.details) for event in events}
    told = {event.model_pk: None for event, names in names_of.items() if names}
    webhooks = {pk: list(_told_of.every(pk or _NO_MODEL)) for pk in told}
    now = timezone.now()
    deliveries = [
        _delivery(event, name, webhook, due_at=now)
        for event, names in names_of.items()
        if names
        for webhook in webhooks[event.model_pk]
        for name in names
        if webhook.wants(name)
    ]
    if deliveries:
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
