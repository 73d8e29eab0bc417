"""What happens because something happened: deliveries are stored, a worker is woken."""

from collections.abc import Sequence

from django.dispatch import receiver

from registry_ui.events import Recorded, events_recorded, people_notified
from registry_ui.models import Notification
from registry_ui.wakeups import WakeUp
from webhooks_ui.actions.history import note_change
from webhooks_ui.actions.notices import queue_notices
from webhooks_ui.actions.queue import queue_deliveries
from webhooks_ui.models import Channel
from webhooks_ui.tasks import drain_deliveries, send_notices

_WAKE_SENDER = WakeUp(drain_deliveries)
_WAKE_MESSENGERS = [WakeUp(send_notices, (channel,)) for channel in Channel.values]


@receiver(events_recorded, dispatch_uid="webhooks_ui.store_deliveries")
def store_deliveries(*, records: Sequence[Recorded], **_: object) -> None:
    """Store a delivery for each webhook that wants an event; wake a worker after."""
    if queue_deliveries([record.event for record in records]):
        _WAKE_SENDER.after_commit()


@receiver(events_recorded, dispatch_uid="webhooks_ui.store_change")
def store_change(*, records: Sequence[Recorded], **_: object) -> None:
    """Let a webhook find the events that tell of its changes."""
    for record in records:
        note_change(record.event)


@receiver(people_notified, dispatch_uid="webhooks_ui.store_notices")
def store_notices(*, notifications: Sequence[Notification], **_: object) -> None:
    """Store a notice for each way in which somebody wants to be told; as above."""
    if queue_notices(notifications):
        for wake_up in _WAKE_MESSENGERS:
            wake_up.after_commit()
