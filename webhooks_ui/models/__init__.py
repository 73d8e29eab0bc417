"""What the webhooks and notifications store."""

from webhooks_ui.models.deliveries import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.models.notices import Channel, Notice, NotificationPreference
from webhooks_ui.models.selections import Selection, Which
from webhooks_ui.models.webhooks import EventName, Webhook

__all__ = [
    "Channel",
    "Delivery",
    "DeliveryAttempt",
    "EventName",
    "Notice",
    "NotificationPreference",
    "Selection",
    "Trigger",
    "Webhook",
    "Which",
]
