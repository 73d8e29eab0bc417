"""Moving time: what is stored goes back, so that now is later."""

from datetime import timedelta

from django.db.models import DateTimeField, F

from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook


def let_time_pass(by: timedelta) -> None:
    """Put every time of webhooks, deliveries and attempts so much into the past."""
    for model in (Webhook, Delivery, DeliveryAttempt):
        fields = [f.name for f in model._meta.fields if isinstance(f, DateTimeField)]
        model._default_manager.update(**{name: F(name) - by for name in fields})
