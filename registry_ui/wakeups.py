"""Wake-ups of workers: hints, since the rows are the queue and the clock finds them.

They are published by a thread of their own, so that nobody waits for a broker that is
gone, or that takes connections and says nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

publisher = ThreadPoolExecutor(1, thread_name_prefix="wake-ups")
"""The thread; tests whose tasks run where they are published close what it opened."""
_waiting: set[WakeUp] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A call that has a worker run a task soon.

    Attributes:
        expires: seconds, after which a worker that has not read it need not.
    """

    task: Task[Any, Any]
    arguments: tuple[str, ...] = ()
    expires: int = 60

    def __call__(self) -> None:
        """Return at once; what waits to be published already is not added again."""
        with _lock:
            if self not in _waiting:
                publisher.submit(self._publish)
                _waiting.add(self)

    def after_commit(self) -> None:
        """Call it once this transaction is committed, and once only.

        A sync may record a thousand events in one transaction; one message is enough.
        """
        if not any(callback[1] == self for callback in connection.run_on_commit):
            transaction.on_commit(self, robust=True)

    def _publish(self) -> None:
        with _lock:
            _waiting.remove(self)
        try:
            with outage.told_once():
                self.task.apply_async(self.arguments, expires=self.expires)
        except Exception:
            logger.exception("wake-up not published task=%s", self.task.name)


class Outage:
    """Whether the broker is gone, as far as one publishing thread knows."""

    def __init__(self) -> None:
        self._is_on = False

    @contextmanager
    def told_once(self) -> Iterator[None]:
        """Publish inside; say in one line that the broker is gone, or is back."""
        try:
            yield
        except OperationalError as error:
            if not self._is_on:
                logger.warning("the broker takes no messages error=%s", error)
            self._is_on = True
        else:
            if self._is_on:
                logger.warning("the broker takes messages again")
            self._is_on = False


outage = Outage()
