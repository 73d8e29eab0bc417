"""When a delivery is tried again."""

import random
from datetime import timedelta

_JITTER = 0.2
_LONGEST_WAIT_ASKED_FOR = timedelta(hours=1)

RETRY_STEPS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Wait before each attempt: 10 attempts over 75 h 35 min.

Source: the example in Standard Webhooks 1.0, "Deliverability and reliability".
"""


def wait_before(step: int, *, asked_seconds: float | None = None) -> timedelta | None:
    """Return the wait before the attempt with this index; None after the last one.

    Args:
        step: attempts made in this run.
        asked_seconds: what the receiver asked for with `Retry-After`; heeded where it
            is longer than our step and not longer than an hour or twice the step.
    """
    if step >= len(RETRY_STEPS):
        return None
    wait = RETRY_STEPS[step]
    if asked_seconds is not None:
        longest = max(2 * wait, _LONGEST_WAIT_ASKED_FOR)
        wait = max(wait, min(timedelta(seconds=asked_seconds), longest))
        return wait * random.uniform(1, 1 + _JITTER)  # noqa: S311 - spreads load
    return wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load
