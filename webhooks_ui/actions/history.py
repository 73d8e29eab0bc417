"""Pointing from a webhook to the audit events that tell of its changes."""

from registry_ui.events import EventType
from registry_ui.models import AuditEvent
from webhooks_ui.models import Webhook, WebhookChange

_NO_CHANGES = frozenset(
    {
        EventType.WEBHOOK_TESTED,  # the ledger has it
        EventType.WEBHOOK_REDELIVERED,
        EventType.WEBHOOK_DELETED,  # takes its pointers along
    }
)


def note_change(event: AuditEvent) -> None:
    """Store a pointer if the event tells of a change of a webhook that is there."""
    if not event.type.startswith("webhook.") or event.type in _NO_CHANGES:
        return
    webhook_id = event.details.get("webhook")
    if webhook_id and Webhook.objects.filter(pk=webhook_id).exists():
        WebhookChange.objects.create(webhook_id=webhook_id, event=event)
