"""What the webhooks store."""

from webhooks_ui.models.deliveries import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.models.webhooks import EventName, Webhook

__all__ = ["Delivery", "DeliveryAttempt", "EventName", "Trigger", "Webhook"]
