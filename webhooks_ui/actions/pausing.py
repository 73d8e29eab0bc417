"""What becomes of a webhook whose receiver takes nothing for days, and going on.

The clock looks: a webhook that hears of little would else fail unseen for as long as
nothing happens that it is told of.
"""

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.events import EventType
from webhooks_ui import permissions
from webhooks_ui.actions.owners import tell_owners
from webhooks_ui.actions.records import record_about
from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook

logger = logging.getLogger(__name__)

LASTING = timedelta(days=5)
"""Without a success for so long, and with a delivery that was given up: paused.

Source: Svix disables an endpoint after as long.
"""
WARN_AFTER = LASTING / 2


def watch_failing_webhooks() -> int:
    """Warn the owners of webhooks that go on failing, and pause them in the end.

    Returns:
        How many were warned of or paused.
    """
    failing = Webhook.objects.filter(
        status=Webhook.Status.ACTIVE,
        paused_at=None,
        failing_since__lte=timezone.now() - WARN_AFTER,
    )
    return sum(_judge(pk) for pk in failing.values_list("pk", flat=True))


@transaction.atomic
def resume_webhook(webhook: Webhook, *, actor: User) -> Webhook:
    """Let a paused webhook be called again; what waits goes out, one to try it first.

    Each delivery that waits begins a new run of attempts, as a redelivered one does.

    Raises:
        PermissionDenied: the actor may not manage it.
        ActionError: it is not paused.
    """
    if not permissions.may_manage_webhooks(actor, webhook.model):
        raise PermissionDenied
    webhook = Webhook.objects.locked(webhook.pk)
    if not webhook.is_paused:
        raise ActionError("The webhook is not paused.")
    now = timezone.now()
    fields = webhook.start_afresh()
    waiting = webhook.deliveries.waiting(now)
    if waiting.exists():
        webhook.failing_since = now  # so that one is sent, and the others if it arrives
    webhook.save(update_fields=[*fields, "updated_at"])
    waiting.filter(due_at__gt=now).update(due_at=now)
    waiting.filter(retry_step__gt=0).update(retry_step=0)
    record_about(EventType.WEBHOOK_RESUMED, webhook, actor)
    return webhook


@transaction.atomic
def _judge(pk: str) -> bool:
    """Pause the webhook, or warn of it once; was there a reason to?"""
    webhook = Webhook.objects.locked(pk)
    now = timezone.now()
    if not webhook.is_sending or webhook.failing_since is None:
        return False  # it recovered, or somebody was faster
    if webhook.failing_since <= now - LASTING and _has_given_up(webhook):
        _pause(webhook, now)
        return True
    if webhook.failure_warned_at is None and (
        webhook.failing_since <= now - WARN_AFTER
    ):
        _warn(webhook, now)
        return True
    return False


def _has_given_up(webhook: Webhook) -> bool:
    """Has a delivery used up its attempts since the receiver began to fail?"""
    failed = webhook.deliveries.filter(
        status=Delivery.Status.FAILED,
        settled_at__gte=webhook.failing_since,
        given_up_reason="",
    )
    return failed.exclude(event=None).exists()


def _pause(webhook: Webhook, now: datetime) -> None:
    since = webhook.failing_since
    webhook.paused_at = now
    why = f"The receiver has taken nothing for {LASTING.days} days."
    webhook.pause_reason = f"{why} {_last_words(webhook)}"
    webhook.save(update_fields=["paused_at", "pause_reason", "updated_at"])
    event = record_about(
        EventType.WEBHOOK_PAUSED,
        webhook,
        None,
        reason=webhook.pause_reason,
        failing_since=since.isoformat() if since else None,
    )
    tell_owners(webhook, event)
    logger.error("webhook paused webhook=%s", webhook.pk)


def _warn(webhook: Webhook, now: datetime) -> None:
    since = webhook.failing_since or now
    webhook.failure_warned_at = now
    webhook.save(update_fields=["failure_warned_at"])
    event = record_about(
        EventType.WEBHOOK_WARNED,
        webhook,
        None,
        reason=_last_words(webhook),
        failing_since=since.isoformat(),
        pauses_on=f"{since + LASTING:%d %b %Y}",
    )
    tell_owners(webhook, event)
    logger.warning("webhook fails webhook=%s", webhook.pk)


def _last_words(webhook: Webhook) -> str:
    """Say how the last attempt ended."""
    attempts = DeliveryAttempt.objects.filter(delivery__webhook=webhook)
    last = attempts.order_by("-started_at", "-pk").first()
    if last is None:
        return webhook.held_reason
    if last.error:
        return f"Last: {last.error}"
    return f"Last, it answered {last.status_code}."
