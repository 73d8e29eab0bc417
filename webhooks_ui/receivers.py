"""What happens because something happened: deliveries are stored, a worker is woken."""

from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.dispatch import receiver

from registry_ui.events import Recorded, events_recorded, people_notified
from registry_ui.models import Notification
from webhooks_ui.actions.history import note_change
from webhooks_ui.actions.notices import queue_notices
from webhooks_ui.actions.queue import queue_deliveries
from webhooks_ui.models import Channel
from webhooks_ui.tasks import drain_deliveries, send_notices

_WAKE_UP_EXPIRES_SECONDS = 60


@receiver(events_recorded, dispatch_uid="webhooks_ui.store_deliveries")
def store_deliveries(*, records: Sequence[Recorded], **_: object) -> None:
    """Store a delivery for each webhook that wants an event; wake a worker after."""
    if queue_deliveries([record.event for record in records]):
        _wake_after_commit(wake_worker)


@receiver(events_recorded, dispatch_uid="webhooks_ui.store_change")
def store_change(*, records: Sequence[Recorded], **_: object) -> None:
    """Let a webhook find the events that tell of its changes."""
    for record in records:
        note_change(record.event)


@receiver(people_notified, dispatch_uid="webhooks_ui.store_notices")
def store_notices(*, notifications: Sequence[Notification], **_: object) -> None:
    """Store a notice for each way in which somebody wants to be told; as above."""
    if queue_notices(notifications):
        _wake_after_commit(wake_messengers)


def wake_worker() -> None:
    """Tell a worker that something is due.

    A broker that is gone costs a second: the clock finds the rows as well.
    """
    drain_deliveries.apply_async(expires=_WAKE_UP_EXPIRES_SECONDS)


def wake_messengers() -> None:
    """Tell a worker that mail or chat is due; likewise."""
    for channel in Channel.values:
        send_notices.apply_async((channel,), expires=_WAKE_UP_EXPIRES_SECONDS)


def _wake_after_commit(wake: Callable[[], None]) -> None:
    """Wake a worker once this transaction is committed, and once only.

    A sync may record a thousand events in one transaction; one message is enough.
    """
    if not any(callback[1] is wake for callback in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)
