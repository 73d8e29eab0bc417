"""What happens because something happened: work that is woken after the commit."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from registry_ui import tasks
from registry_ui.actions.notifications import tell_of
from registry_ui.events import EventType, Recorded, events_recorded, reading_wished
from registry_ui.models import Evidence, Hint, MetricHistory
from registry_ui.wakeups import WakeUp

_WAKES_APPLY = {
    EventType.GLASS_BROKEN,
    EventType.INCIDENT_REVERT_STARTED,
    EventType.TRANSITION_REQUEST_APPROVED,
    EventType.TRANSITION_REQUEST_RETRIED,
    EventType.TRANSITION_REQUEST_UNDO_STARTED,
}
_READERS = {
    Evidence: tasks.read_evidence,
    Hint: tasks.read_hints,
    MetricHistory: tasks.read_metric_histories,
}


@receiver(events_recorded, dispatch_uid="registry_ui.wake_apply")
def wake_apply(*, records: Sequence[Recorded], **_: object) -> None:
    """Let a worker apply the approved plan at once; the clock would find it too.

    Not one that who recorded it has claimed already.
    """
    if any(
        event.type in _WAKES_APPLY and not (request and request.claim_token)
        for event, request in records
    ):
        WakeUp(tasks.apply_requests).after_commit()


@receiver(events_recorded, dispatch_uid="registry_ui.tell_people")
def tell_people(*, records: Sequence[Recorded], **_: object) -> None:
    """Store who is to be told of the events, in their transaction."""
    tell_of(records)


@receiver(reading_wished, dispatch_uid="registry_ui.wake_reading")
def wake_reading(*, sender: type[Any], **_: object) -> None:
    """Let a worker read at once what somebody waits for."""
    WakeUp(_READERS[sender]).after_commit()
