"""What is asked for: fetched and checked for access in one step."""

from django.contrib.auth.models import User
from django.http import Http404

from webhooks_ui.models import Delivery, Webhook


def manageable_webhook_or_404(user: User, webhook_id: str) -> Webhook:
    """Return the webhook with its model and creator.

    Raises:
        Http404: there is none, or it is not the user's to manage.
    """
    webhooks = Webhook.objects.manageable_by(user).select_related("model", "created_by")
    webhook = webhooks.filter(pk=webhook_id).first() if _is_id(webhook_id) else None
    if webhook is None:
        raise Http404
    return webhook


def manageable_delivery_or_404(
    user: User, webhook_id: str, delivery_id: str
) -> Delivery:
    """Return the delivery with its webhook.

    Raises:
        Http404: there is none, or its webhook is not the user's to manage.
    """
    webhook = manageable_webhook_or_404(user, webhook_id)
    deliveries = Delivery.objects.filter(webhook=webhook).select_related("event")
    delivery = (
        deliveries.filter(pk=delivery_id).first() if _is_id(delivery_id) else None
    )
    if delivery is None:
        raise Http404
    delivery.webhook = webhook
    return delivery


def _is_id(text: str) -> bool:
    """Can it be an id of ours? PostgreSQL refuses some texts, such as NUL."""
    return text.isascii() and text.isalnum()
