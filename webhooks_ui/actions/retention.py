"""Letting go of deliveries, notifications and secrets; the audit log keeps events."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from registry_ui.models import Notification
from webhooks_ui.models import Delivery, WebhookSecret

logger = logging.getLogger(__name__)

BATCH = 1000


def forget_old_deliveries() -> int:
    """Delete settled deliveries with their attempts; return how many went.

    In batches, each a short transaction of its own, since others write meanwhile.
    """
    old = Delivery.objects.filter(settled_at__lt=_horizon()).exclude(
        status=Delivery.Status.PENDING
    )
    return _delete(old, "deliveries")


def forget_old_notifications() -> int:
    """Delete notifications as old, with their notices; return how many went."""
    return _delete(
        Notification.objects.filter(created_at__lt=_horizon()), "notifications"
    )


def forget_expired_secrets() -> int:
    """Delete secrets that sign nothing any more; return how many went."""
    return _delete(WebhookSecret.objects.expired(timezone.now()), "secrets")


def _horizon() -> datetime:
    return timezone.now() - timedelta(days=settings.DELIVERY_RETENTION_DAYS)


def _delete(old: QuerySet[Any], what: str) -> int:
    count = 0
    # From the oldest on: each batch is found at once, not behind all that is kept.
    old = old.order_by("pk")
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        old.model._default_manager.filter(pk__in=batch).delete()
        count += len(batch)
    if count:
        logger.info("%s forgotten count=%d", what, count)
    return count
