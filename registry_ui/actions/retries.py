"""When evidence that could not be read is asked for again."""

from datetime import datetime, timedelta

A_DAY = timedelta(days=1)


def again_at(
    read_at: datetime | None, now: datetime, *, first: timedelta = A_DAY
) -> datetime:
    """Return when to ask again: soon at first, then after twice as long each time.

    Args:
        read_at: when it was asked for before this time; None if never.
        now: when it was asked for this time.
        first: the shortest wait.
    """
    waited = now - read_at if read_at else timedelta()
    return now + max(first, 2 * waited)
