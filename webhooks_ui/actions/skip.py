"""Giving up one delivery, so that what waits behind it can go out."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from webhooks_ui import permissions
from webhooks_ui.models import Delivery


@transaction.atomic
def skip(delivery: Delivery, *, actor: User) -> Delivery:
    """Let a delivery that waits fail now; it can be redelivered later.

    Raises:
        PermissionDenied: the actor may not manage the webhook.
        ActionError: it does not wait, or is on its way.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("webhook__model")
        .get(pk=delivery.pk)
    )
    webhook = delivery.webhook
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    if delivery.status != Delivery.Status.PENDING:
        raise ActionError("Only a delivery that waits can be skipped.")
    if delivery.is_in_flight:
        raise ActionError("It is on its way just now; look again in a moment.")
    delivery.status = Delivery.Status.FAILED
    delivery.settled_at = timezone.now()
    delivery.claim_token, delivery.leased_until = "", None
    delivery.given_up_reason = f"Skipped by {actor.get_username()}."
    delivery.save(
        update_fields=[
            "status",
            "settled_at",
            "claim_token",
            "leased_until",
            "given_up_reason",
        ]
    )
    record_event(
        EventType.WEBHOOK_SKIPPED,
        actor=actor,
        model=webhook.model,
        webhook=webhook.pk,
        receiver=webhook.receiver_label,
        event=delivery.event_name,
        delivery=delivery.pk,
    )
    return delivery
