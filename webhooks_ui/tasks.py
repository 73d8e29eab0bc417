"""What runs later or by the clock."""

from celery import shared_task

from webhooks_ui.actions import deliver


@shared_task(ignore_result=True)
def drain_deliveries() -> None:
    """Send every delivery that is due."""
    deliver.drain_deliveries()
