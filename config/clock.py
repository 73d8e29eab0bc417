"""Celery's clock, which does not mind that the broker is gone for a while."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry, SchedulingError

from registry_ui.wakeups import outage


class Scheduler(PersistentScheduler):
    """Says once that the broker is gone, where Celery shows tracebacks each second."""

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> None:
        """Publish what is due; each tick makes up for one that was lost."""
        with outage.told_once():
            try:
                super().apply_async(entry, *args, **kwargs)
            except SchedulingError as error:
                raise error.__context__ or error from None
