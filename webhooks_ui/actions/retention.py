"""Letting go of deliveries that are old enough; the audit log keeps their events."""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from webhooks_ui.models import Delivery

logger = logging.getLogger(__name__)

BATCH = 1000


def forget_old_deliveries() -> int:
    """Delete settled deliveries with their attempts; return how many went.

    In batches, each a short transaction of its own, since others write meanwhile.
    """
    horizon = timezone.now() - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    old = Delivery.objects.filter(settled_at__lt=horizon).exclude(
        status=Delivery.Status.PENDING
    )
    count = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        Delivery.objects.filter(pk__in=batch).delete()
        count += len(batch)
    if count:
        logger.info("deliveries forgotten count=%d", count)
    return count
