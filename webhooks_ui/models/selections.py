"""Which deliveries of a webhook are to be sent again, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models

from webhooks_ui.models.deliveries import Delivery, DeliveryQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from webhooks_ui.models.webhooks import Webhook


class Which(models.TextChoices):
    """In what state they are."""

    FAILED = "failed", "Failed: given up after all attempts"
    WAITING = "waiting", "Waiting: to be tried again later"
    ALL = "all", "All, also what has succeeded"


_STATUSES = {
    Which.FAILED: Delivery.Status.FAILED,
    Which.WAITING: Delivery.Status.PENDING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What somebody chose.

    Attributes:
        which: in what state they are.
        event_name: of one event alone; empty for any.
        start: made from then on; None for no such bound.
        end: made before that.
    """

    which: Which
    event_name: str = ""
    start: datetime | None = None
    end: datetime

    def of(self, webhook: Webhook, now: datetime) -> DeliveryQuerySet:
        """Return the deliveries; tests, and what is on its way, are left out."""
        found = (
            Delivery.objects.filter(webhook=webhook)
            .created_between(self.start, self.end)
            .free(now)
        )
        if self.which in _STATUSES:
            found = found.filter(status=_STATUSES[self.which])
        if self.event_name:
            found = found.filter(event_name=self.event_name)
        return found
