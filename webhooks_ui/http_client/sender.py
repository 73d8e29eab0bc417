"""Sends many requests at once, each receiver with a share of its own."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType

from webhooks_ui.http_client.exchange import Answer, Outgoing, call, open_session
from webhooks_ui.http_client.jobs import KnownForms

AT_ONCE = 400
AT_ONCE_PER_ENDPOINT = 8
AT_ONCE_UNPROVEN = 2
OVERLOADED = frozenset({429, 502, 503, 504})
GONE = 410
THREAD = "webhook-sender"
BATCH = 100
"""Answers that are worth a transaction of their own."""


@dataclass
class _Endpoint:
    """What a sender has learnt of one receiver."""

    turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(AT_ONCE_UNPROVEN)
    )
    has_answered: bool = False
    is_broken: bool = False


_Task = asyncio.Task[tuple[Outgoing, Answer | None]]


class Sender:
    """Sends concurrently behind a plain interface; use it as a context manager.

    It sends in a thread of its own, so that requests go on while its owner waits for
    the database. A receiver gets two requests at once until it has answered one, so
    that dead ones do not take the places of those alive.
    """

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        # All else belongs to the thread.
        self._under_way: set[_Task] = set()
        self._ended: list[_Task] = []
        self._has_batch = asyncio.Event()
        self._endpoints: dict[str, _Endpoint] = {}
        self._known: KnownForms = {}

    def __enter__(self) -> "Sender":
        """Open the connection pool."""
        self._runner = asyncio.Runner()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._session = self._runner.run(open_session())
        self._loop = self._runner.get_loop()
        self._thread = Thread(target=self._loop.run_forever, name=THREAD, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop what is still under way and close the connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._runner.run(self._close())
        self._runner.close()

    @property
    def busy(self) -> Mapping[str, int]:
        """Return how many requests each endpoint has, those not collected included."""
        return self._busy

    @property
    def is_idle(self) -> bool:
        """Is nothing waiting, under way or to be collected?"""
        return not any(self._busy.values())

    def submit(self, requests: Sequence[Outgoing]) -> None:
        """Take requests to send as soon as their endpoint has a turn free."""
        fresh = {one.endpoint for one in requests if not self._busy[one.endpoint]}
        self._busy.update(one.endpoint for one in requests)
        self._loop.call_soon_threadsafe(self._start, requests, fresh)

    def collect(self, seconds: float) -> list[tuple[Outgoing, Answer | None]]:
        """Wait until many are answered, or all, or the time is over.

        Returns:
            What ended since the last call. No answer at all (None) means that it was
            not sent: an earlier request to the endpoint failed or was answered that it
            wants no more for now, or its turn came late.
        """
        if self.is_idle:
            return []
        waiting = asyncio.run_coroutine_threadsafe(self._batch(seconds), self._loop)
        results = [task.result() for task in waiting.result()]
        self._busy.subtract(request.endpoint for request, _ in results)
        return results

    def _start(self, requests: Iterable[Outgoing], fresh: Iterable[str]) -> None:
        for name in fresh:
            self._endpoints.setdefault(name, _Endpoint()).is_broken = False
        for request in requests:
            task = self._loop.create_task(self._send_in_turn(request))
            task.add_done_callback(self._end)
            self._under_way.add(task)

    def _end(self, task: _Task) -> None:
        self._under_way.discard(task)
        self._ended.append(task)
        if len(self._ended) >= BATCH or not self._under_way:
            self._has_batch.set()

    async def _batch(self, seconds: float) -> list[_Task]:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_batch.wait(), seconds)
        self._has_batch.clear()
        ended, self._ended = self._ended, []
        return ended

    async def _close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._session.close()

    async def _send_in_turn(self, request: Outgoing) -> tuple[Outgoing, Answer | None]:
        endpoint = self._endpoints[request.endpoint]
        async with endpoint.turns, self._turns:
            if endpoint.is_broken or time.monotonic() > request.start_before:
                return request, None
            answer = await call(self._session, request, self._known)
        if answer.status_code is None or answer.status_code in {GONE, *OVERLOADED}:
            endpoint.is_broken = True  # what waits is not for it to see now
        elif not endpoint.has_answered:
            endpoint.has_answered = True
            for _ in range(AT_ONCE_PER_ENDPOINT - AT_ONCE_UNPROVEN):
                endpoint.turns.release()
        return request, answer
