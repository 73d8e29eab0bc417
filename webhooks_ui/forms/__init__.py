"""What a person types, checked before an action sees it."""

from webhooks_ui.forms.notifications import NotificationForm
from webhooks_ui.forms.secrets import RotateSecretForm
from webhooks_ui.forms.webhooks import DeliveryFilterForm, WebhookForm

__all__ = ["DeliveryFilterForm", "NotificationForm", "RotateSecretForm", "WebhookForm"]
