"""What happens because something happened: work that is woken after the commit."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from registry_ui import tasks
from registry_ui.actions.notifications import tell_of
from registry_ui.events import EventType, event_recorded, reading_wished
from registry_ui.models import (
    AuditEvent,
    Evidence,
    Hint,
    MetricHistory,
    TransitionRequest,
)

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


@receiver(event_recorded, dispatch_uid="registry_ui.wake_apply")
def wake_apply(*, event: AuditEvent, **_: object) -> None:
    """Let a worker apply the approved plan at once; the clock would find it too.

    `robust`: a broker that is gone costs a second, not the reviewer's answer.
    """
    if event.type in _WAKES_APPLY:
        wake = partial(tasks.apply_requests.apply_async, expires=60)
        transaction.on_commit(wake, robust=True)


@receiver(event_recorded, dispatch_uid="registry_ui.tell_people")
def tell_people(
    *, event: AuditEvent, request: TransitionRequest | None, **_: object
) -> None:
    """Store who is to be told of the event, in its transaction."""
    tell_of(event, request)


@receiver(reading_wished, dispatch_uid="registry_ui.wake_reading")
def wake_reading(*, sender: type[Any], **_: object) -> None:
    """Let a worker read at once what somebody waits for; `robust` as above."""
    task = _READERS[sender]
    transaction.on_commit(partial(task.apply_async, expires=60), robust=True)
