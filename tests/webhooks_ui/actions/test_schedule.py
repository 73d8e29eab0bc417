"""When a delivery is tried again."""

from datetime import timedelta

import pytest

from webhooks_ui.actions.schedule import RETRY_STEPS, wait_before


def test_ten_attempts_span_75_hours_and_35_minutes() -> None:
    assert len(RETRY_STEPS) == 10
    assert sum(RETRY_STEPS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize("step", range(1, 10))
def test_a_wait_strays_by_a_fifth_at_most(step: int) -> None:
    waits = [wait_before(step) or timedelta(0) for _ in range(200)]

    assert min(waits) >= RETRY_STEPS[step] * 0.8
    assert max(waits) <= RETRY_STEPS[step] * 1.2
    assert max(waits) > min(waits)


def test_after_the_tenth_attempt_there_is_no_further() -> None:
    assert wait_before(10) is None
    assert wait_before(10, asked_seconds=60) is None


@pytest.mark.parametrize(
    ("step", "asked", "least", "most"),
    [
        (1, 120, timedelta(minutes=2), timedelta(minutes=2.4)),
        (1, 1, timedelta(seconds=5), timedelta(seconds=6)),
        (1, 1e9, timedelta(hours=1), timedelta(hours=1.2)),
        (4, 1e9, timedelta(hours=4), timedelta(hours=4.8)),
    ],
)
def test_what_the_receiver_asks_for_is_heeded_within_bounds(
    step: int, asked: float, least: timedelta, most: timedelta
) -> None:
    wait = wait_before(step, asked_seconds=asked)

    assert wait is not None
    assert least <= wait <= most
