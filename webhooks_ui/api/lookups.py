"""Fetch and check access in one step: what one may not manage is not there."""

from django.contrib.auth.models import User
from django.http import Http404

from webhooks_ui.models import Delivery, Webhook


def manageable_webhook_or_404(user: User, webhook_id: str) -> Webhook:
    """Return the webhook with its model and creator.

    Raises:
        Http404: there is none, or it is not the user's to manage.
    """
    webhooks = Webhook.objects.manageable_by(user).select_related("model", "created_by")
    webhook = webhooks.filter(pk=webhook_id).first()
    if webhook is None:
        raise Http404(
            f"There is no webhook {webhook_id!r}, or it is not yours to manage."
        )
    return webhook


def manageable_delivery_or_404(
    user: User, webhook_id: str, delivery_id: str
) -> Delivery:
    """Return the delivery with its webhook.

    Raises:
        Http404: there is none, or its webhook is not the user's to manage.
    """
    webhook = manageable_webhook_or_404(user, webhook_id)
    delivery = Delivery.objects.filter(webhook=webhook, pk=delivery_id).first()
    if delivery is None:
        raise Http404(f"There is no delivery {delivery_id!r} of this webhook.")
    delivery.webhook = webhook
    return delivery
