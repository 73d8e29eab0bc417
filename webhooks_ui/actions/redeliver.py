"""Sending again what was sent, or given up, before."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from webhooks_ui import permissions
from webhooks_ui.models import Delivery, Trigger, Webhook


@transaction.atomic
def redeliver(delivery: Delivery, *, actor: User) -> Delivery:
    """Make a delivery due now, with a whole run of retries before it.

    Its id and its bytes stay, so a receiver can tell that it has seen it. The clock
    finds it within a second.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        ActionError: it is on its way, or is a test, or the webhook is not active.
    """
    let_be_called(delivery.webhook_id)
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("webhook__model")
        .get(pk=delivery.pk)
    )
    if not permissions.may_manage_webhooks(actor, delivery.webhook.model):
        raise PermissionDenied
    if delivery.is_test:
        raise ActionError("A test is not redelivered; send a new one.")
    if not delivery.webhook.is_active:
        raise ActionError("Only an active webhook is called. Activate it first.")
    if delivery.webhook.is_paused:
        raise ActionError("The webhook is paused. Resume it first.")
    now = timezone.now()
    if delivery.is_in_flight and delivery.due_at > now:
        raise ActionError("It is on its way just now; look again in a moment.")
    delivery.status = Delivery.Status.PENDING
    delivery.retry_step = 0
    delivery.next_trigger = Trigger.MANUAL
    delivery.due_at = now
    delivery.claim_token = ""
    delivery.settled_at = None
    delivery.given_up_reason = ""
    delivery.save(
        update_fields=[
            "status",
            "retry_step",
            "next_trigger",
            "due_at",
            "claim_token",
            "settled_at",
            "given_up_reason",
        ]
    )
    record_event(
        EventType.WEBHOOK_REDELIVERED,
        actor=actor,
        model=delivery.webhook.model,
        webhook=delivery.webhook.pk,
        receiver=delivery.webhook.host,
        event=delivery.event_name,
        delivery=delivery.pk,
    )
    return delivery


def let_be_called(webhook_pk: str) -> None:
    """End the rest that a failing receiver is given: a person wants it called now.

    Before a delivery is locked: webhooks are locked first, here as in the engine.
    """
    held = Webhook.objects.filter(pk=webhook_pk, held_until__isnull=False)
    held.update(held_until=None, held_reason="")
