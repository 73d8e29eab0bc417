"""Sends many requests at once, each receiver with a share of its own."""

import asyncio
import contextlib
import time
from collections import Counter, deque
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
BATCH = 200
"""Answers that are worth a transaction of their own."""


@dataclass
class _Endpoint:
    """What a sender has learnt of one receiver."""

    waiting: deque[Outgoing] = field(default_factory=deque)
    lanes: int = 0
    most_lanes: int = AT_ONCE_UNPROVEN
    is_broken: bool = False


_Ended = tuple[Outgoing, Answer | None]


class Sender:
    """Sends concurrently behind a plain interface; use it as a context manager.

    It sends in a thread of its own, so that requests go on while its owner waits for
    the database. A receiver gets two requests at once until it has answered one, so
    that dead ones do not take the places of those alive.
    """

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        # All else belongs to the thread.
        self._lanes: set[asyncio.Task[None]] = set()
        self._ended: list[_Ended] = []
        self._fault: BaseException | None = None
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
        results = waiting.result()
        self._busy.subtract(request.endpoint for request, _ in results)
        return results

    def _start(self, requests: Iterable[Outgoing], fresh: Iterable[str]) -> None:
        for name in fresh:
            self._endpoints.setdefault(name, _Endpoint()).is_broken = False
        for request in requests:
            endpoint = self._endpoints[request.endpoint]
            endpoint.waiting.append(request)
            self._open_lanes(endpoint)

    def _open_lanes(self, endpoint: _Endpoint) -> None:
        """Send as many at once as there are waiting, and the endpoint may get."""
        # Each lane takes one request and more later: a task for each cost twice.
        wanted = min(endpoint.lanes + len(endpoint.waiting), endpoint.most_lanes)
        for _ in range(wanted - endpoint.lanes):
            endpoint.lanes += 1
            lane = self._loop.create_task(self._send_one_by_one(endpoint))
            self._lanes.add(lane)
            lane.add_done_callback(self._close_lane)

    async def _send_one_by_one(self, endpoint: _Endpoint) -> None:
        while endpoint.waiting:
            async with self._turns:
                if not endpoint.waiting:  # another lane was faster
                    break
                request = endpoint.waiting.popleft()
                answer = await self._answer_to(request, endpoint)
            self._ended.append((request, answer))
            if len(self._ended) >= BATCH:
                self._has_batch.set()
        endpoint.lanes -= 1

    async def _answer_to(self, request: Outgoing, endpoint: _Endpoint) -> Answer | None:
        if endpoint.is_broken or time.monotonic() > request.start_before:
            return None
        answer = await call(self._session, request, self._known)
        if answer.status_code is None or answer.status_code in {GONE, *OVERLOADED}:
            endpoint.is_broken = True  # what waits is not for it to see now
        elif endpoint.most_lanes < AT_ONCE_PER_ENDPOINT:
            endpoint.most_lanes = AT_ONCE_PER_ENDPOINT
            self._open_lanes(endpoint)
        return answer

    def _close_lane(self, lane: asyncio.Task[None]) -> None:
        self._lanes.discard(lane)
        if not lane.cancelled() and (fault := lane.exception()):
            self._fault = fault
        if self._fault or not self._lanes:
            self._has_batch.set()

    async def _batch(self, seconds: float) -> list[_Ended]:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_batch.wait(), seconds)
        self._has_batch.clear()
        if self._fault:
            raise self._fault
        ended, self._ended = self._ended, []
        return ended

    async def _close(self) -> None:
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        await self._session.close()
