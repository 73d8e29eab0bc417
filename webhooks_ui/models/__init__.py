"""What the webhooks and notifications store."""

from webhooks_ui.models.attempts import DeliveryAttempt, NewAttempt
from webhooks_ui.models.deliveries import Delivery, Trigger
from webhooks_ui.models.event_names import (
    DATABRICKS_EVENTS,
    REGISTRY_WIDE_ONLY,
    EventName,
)
from webhooks_ui.models.history import WebhookChange
from webhooks_ui.models.notices import Channel, Notice, NotificationPreference
from webhooks_ui.models.secrets import WebhookSecret
from webhooks_ui.models.selections import Selection, Which
from webhooks_ui.models.webhooks import ParameterForm, PayloadFormat, Webhook

__all__ = [
    "DATABRICKS_EVENTS",
    "REGISTRY_WIDE_ONLY",
    "Channel",
    "Delivery",
    "DeliveryAttempt",
    "EventName",
    "NewAttempt",
    "Notice",
    "NotificationPreference",
    "ParameterForm",
    "PayloadFormat",
    "Selection",
    "Trigger",
    "Webhook",
    "WebhookChange",
    "WebhookSecret",
    "Which",
]
