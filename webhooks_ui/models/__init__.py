"""What the webhooks and notifications store."""

from webhooks_ui.models.allowances import Allowance
from webhooks_ui.models.deliveries import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.models.history import WebhookChange
from webhooks_ui.models.notices import Channel, Notice, NotificationPreference
from webhooks_ui.models.secrets import WebhookSecret
from webhooks_ui.models.webhooks import EventName, Webhook

__all__ = [
    "Allowance",
    "Channel",
    "Delivery",
    "DeliveryAttempt",
    "EventName",
    "Notice",
    "NotificationPreference",
    "Trigger",
    "Webhook",
    "WebhookChange",
    "WebhookSecret",
]
