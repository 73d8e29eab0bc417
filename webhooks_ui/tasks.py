"""What runs later or by the clock."""

from celery import shared_task
from django.utils import timezone

from webhooks_ui.actions import deliver, notify, pausing, retention, signs_of_life
from webhooks_ui.models import Channel


@shared_task(ignore_result=True)
def drain_deliveries() -> None:
    """Send every delivery that is due, and say that somebody does."""
    signs_of_life.give_sign(timezone.now())
    deliver.drain_deliveries()


@shared_task(ignore_result=True)
def send_notices(channel: str) -> None:
    """Send every notice that is due through a channel."""
    notify.send_notices(Channel(channel))


@shared_task(ignore_result=True)
def watch_failing_webhooks() -> None:
    """Warn of webhooks that go on failing, and pause them in the end."""
    pausing.watch_failing_webhooks()


@shared_task(ignore_result=True)
def forget_old_deliveries() -> None:
    """Delete what is older than deliveries are kept, and secrets that have ended."""
    retention.give_up_what_waited_too_long()
    retention.forget_old_deliveries()
    retention.forget_old_notifications()
    retention.forget_expired_secrets()
