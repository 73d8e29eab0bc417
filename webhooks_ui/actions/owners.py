"""Telling the people who look after a webhook what becomes of it."""

from django.contrib.auth.models import User

from registry_ui.actions.deciders import holders_of
from registry_ui.actions.notifications import Reason, notify
from registry_ui.models import AuditEvent, Level
from webhooks_ui.models import Webhook


def tell_owners(webhook: Webhook, event: AuditEvent) -> None:
    """Tell who manages the webhook's scope of an event; in the event's transaction.

    Who made it is among them as long as they manage it; who does not any more may not
    see it either.
    """
    notify(
        dict.fromkeys(owners_of(webhook), Reason.WEBHOOK),
        model=webhook.model,
        event=event,
        occasion=f"event:{event.position}",
    )


def owners_of(webhook: Webhook) -> list[int]:
    """Return the active people who may manage the webhook, by primary key."""
    if webhook.model:
        holders = holders_of(webhook.model, at_least=Level.CAN_MANAGE)
        return [holder.user.pk for holder in holders]
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    return list(administrators.values_list("pk", flat=True))
