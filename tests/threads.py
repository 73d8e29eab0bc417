"""Several at once, each with a connection of its own (fixture `committed_db`)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

from django.db import connection

from registry_ui.errors import ActionError
from tests.running import wait_for

_Result = TypeVar("_Result")
_SECONDS = 30.0


def apart(act: Callable[[], _Result]) -> _Result:
    """Run it in a pool's thread, and close that thread's connection."""
    try:
        return act()
    finally:
        connection.close()


def at_once(*acts: Callable[[], _Result]) -> list[_Result | ActionError]:
    """Run each in a thread of its own, let go together; return results or refusals."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], _Result]) -> _Result | ActionError:
        barrier.wait(_SECONDS)
        try:
            return act()
        except ActionError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(apart, partial(run, act)) for act in acts]
        return [future.result(_SECONDS) for future in futures]


def wait_until_somebody_waits_for_me() -> None:
    """Return once another connection waits for a lock that this one holds."""
    wait_for(_blocks_somebody, seconds=_SECONDS, what="somebody who waits", pause=0.01)


def _blocks_somebody() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])
