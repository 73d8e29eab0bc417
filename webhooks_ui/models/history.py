"""Which audit events tell of changes of a webhook: an index, not another record."""

from django.db import models

from registry_ui.models import AuditEvent
from webhooks_ui.models.webhooks import Webhook


class WebhookChange(models.Model):
    """Points from a webhook to an audit event about it.

    The id of a webhook stands in the text of an event alone, which no database finds
    quickly; this does, and goes with the webhook while the events stay.
    """

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    event = models.ForeignKey(
        AuditEvent, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-event_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "event"], name="one_pointer_per_webhook_and_event"
            )
        ]

    def __str__(self) -> str:
        """Return the two that it connects."""
        return f"event {self.event_id} of webhook {self.webhook_id}"
