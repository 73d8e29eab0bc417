"""Letting go of deliveries, notifications and secrets; the audit log keeps events."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from registry_ui.events import EventType
from registry_ui.models import Notification
from webhooks_ui.actions.records import record_about
from webhooks_ui.models import Delivery, Webhook, WebhookSecret

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


def give_up_what_waited_too_long() -> int:
    """Fail what waits longer than deliveries are kept, where nothing is sent.

    That is for webhooks that are paused or not active: of an active one each delivery
    ends by itself. It stays in the ledger as long again, and is on record.

    Returns:
        How many deliveries were given up.
    """
    old = Delivery.objects.waiting(timezone.now()).filter(due_at__lt=_horizon())
    still = Q(webhook__status=Webhook.Status.ACTIVE, webhook__paused_at=None)
    webhooks = old.exclude(still).order_by("webhook").values_list("webhook", flat=True)
    return sum(_give_up(pk) for pk in webhooks.distinct())


@transaction.atomic
def _give_up(webhook_pk: str) -> int:
    webhook = Webhook.objects.locked(webhook_pk)
    if webhook.is_sending:
        return 0
    now = timezone.now()
    old = webhook.deliveries.waiting(now).filter(due_at__lt=_horizon())
    days = settings.DELIVERY_RETENTION_DAYS
    why = "paused" if webhook.is_paused else "not active"
    count = old.update(
        status=Delivery.Status.FAILED,
        settled_at=now,
        claim_token="",
        leased_until=None,
        given_up_reason=f"Given up after {days} days: the webhook was {why}.",
    )
    if count:
        record_about(
            EventType.WEBHOOK_GIVEN_UP, webhook, None, deliveries=count, days=days
        )
        logger.error("deliveries given up webhook=%s count=%d", webhook.pk, count)
    return count


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
    while batch := _delete_batch(old):
        count += batch
    if count:
        logger.info("%s forgotten count=%d", what, count)
    return count


@transaction.atomic
def _delete_batch(old: QuerySet[Any]) -> int:
    """Delete some rows, and none that somebody is making young again meanwhile."""
    # From the oldest on: each batch is found at once, not behind all that is kept.
    locked = old.select_for_update(skip_locked=True).order_by("pk")
    batch = list(locked.values_list("pk", flat=True)[:BATCH])
    old.model._default_manager.filter(pk__in=batch).delete()
    return len(batch)
