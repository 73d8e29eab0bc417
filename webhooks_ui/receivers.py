"""What happens because something happened: deliveries are stored, a worker is woken."""

from django.db import connection, transaction
from django.dispatch import receiver

from registry_ui.events import event_recorded
from registry_ui.models import AuditEvent
from webhooks_ui.actions.queue import queue_deliveries
from webhooks_ui.tasks import drain_deliveries

_WAKE_UP_EXPIRES_SECONDS = 60


@receiver(event_recorded, dispatch_uid="webhooks_ui.store_deliveries")
def store_deliveries(*, event: AuditEvent, **_: object) -> None:
    """Store a delivery for each webhook that wants this event; wake a worker after."""
    if queue_deliveries(event) and not _is_wake_up_planned():
        transaction.on_commit(wake_worker, robust=True)


def wake_worker() -> None:
    """Tell a worker that something is due.

    A broker that is gone costs a second: the clock finds the rows as well.
    """
    drain_deliveries.apply_async(expires=_WAKE_UP_EXPIRES_SECONDS)


def _is_wake_up_planned() -> bool:
    """Will this transaction's commit wake a worker already?

    A sync may record a thousand events in one transaction; one message is enough.
    """
    return any(callback[1] is wake_worker for callback in connection.run_on_commit)
