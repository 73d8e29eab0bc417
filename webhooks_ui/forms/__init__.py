"""What a person types, checked before an action sees it."""

from webhooks_ui.forms.notifications import NotificationForm
from webhooks_ui.forms.webhooks import (
    EVENT_GROUPS,
    DeliveryFilterForm,
    EventFilterForm,
    WebhookForm,
)

__all__ = [
    "EVENT_GROUPS",
    "DeliveryFilterForm",
    "EventFilterForm",
    "NotificationForm",
    "WebhookForm",
]
