"""Putting on record what happens to a webhook."""

from typing import Any

from django.contrib.auth.models import User

from registry_ui.events import EventType, record_event
from registry_ui.models import AuditEvent
from webhooks_ui.models import Webhook


def record_about(
    event_type: EventType, webhook: Webhook, actor: User | None, **details: Any
) -> AuditEvent:
    """Record an event about a webhook; a URL by its host: a path may hold a token.

    Args:
        event_type: what happened.
        webhook: whose it is.
        actor: who did it; None for the clock or a receiver.
        details: JSON values that say more; never a secret.
    """
    return record_event(
        event_type,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.receiver_label,
        events=webhook.events,
        **details,
    )
