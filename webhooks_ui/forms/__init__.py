"""What a person types, checked before an action sees it."""

from webhooks_ui.forms.deliveries import (
    DeliveryFilterForm,
    HealthForm,
    RedeliveryForm,
)
from webhooks_ui.forms.notifications import NotificationForm
from webhooks_ui.forms.secrets import RotateSecretForm
from webhooks_ui.forms.webhooks import EVENT_GROUPS, EventFilterForm, WebhookForm

__all__ = [
    "EVENT_GROUPS",
    "DeliveryFilterForm",
    "EventFilterForm",
    "HealthForm",
    "NotificationForm",
    "RedeliveryForm",
    "RotateSecretForm",
    "WebhookForm",
]
