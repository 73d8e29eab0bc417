"""Numbers about a receiver, read off counts."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.webhooks_ui.factories import make_attempt, make_delivery, make_webhook
from webhooks_ui.models import Trigger, health
from webhooks_ui.models.health import Summary, Tally, health_of, summaries_of

NOW = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_attempts_are_counted_by_stretches_that_end_with_the_present_one() -> None:
    delivery = make_delivery()
    hour = timedelta(hours=1)
    for number, (ago, status, duration) in enumerate(
        [
            (timedelta(0), 200, 84),
            (hour, 500, 847),
            (hour, None, 10_000),
            (23 * hour, 299, 8_499),
            (24 * hour, 200, 1),  # lies before
        ],
        1,
    ):
        make_attempt(
            delivery,
            number=number,
            started_at=NOW - ago,
            status_code=status,
            duration_ms=duration,
        )
    make_attempt(delivery, number=9, started_at=NOW, trigger=Trigger.TEST)
    make_attempt(make_delivery(), started_at=NOW)  # of another webhook

    found = health_of(delivery.webhook, now=NOW, step=hour, steps=24)

    tallies = [stretch.tally for stretch in found.stretches]
    assert len(tallies) == 24
    assert found.stretches[-1].begins_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert (tallies[-1].succeeded, tallies[-1].failed) == (1, 0)
    assert (tallies[-2].succeeded, tallies[-2].failed) == (0, 2)
    assert tallies[-2].durations == {840: 1}
    assert tallies[0].durations == {8_400: 1}
    assert (found.total.succeeded, found.total.failed) == (2, 2)
    assert found.total.rate == 0.5


@pytest.mark.django_db
def test_of_very_many_attempts_some_stand_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "SORTED_AT_MOST", 10)
    delivery = make_delivery()
    for number in range(1, 31):
        make_attempt(
            delivery,
            number=number,
            started_at=NOW,
            status_code=200 if number <= 15 else 500,
        )

    found = health_of(delivery.webhook, now=NOW, step=timedelta(hours=1), steps=2)

    assert found.every == 4
    assert (found.total.succeeded, found.total.failed) == (15, 15)
    assert found.stretches[-1].tally.total in range(28, 33)
    assert found.total.median == 12


@pytest.mark.django_db
def test_summaries_name_who_was_called() -> None:
    called, idle = make_webhook(), make_webhook()
    delivery = make_delivery(webhook=called)
    make_attempt(delivery, started_at=NOW)
    make_attempt(
        delivery, number=2, status_code=503, started_at=NOW - timedelta(hours=1)
    )
    make_attempt(delivery, number=3, started_at=NOW - timedelta(days=2))

    found = summaries_of([called, idle], since=NOW - timedelta(days=1))

    assert found == {called.pk: Summary(2, 1, NOW)}
    assert Summary().rate is None


def test_percentiles_are_nearest_ranks() -> None:
    tally = Tally()
    for duration in range(1, 101):
        tally.add(1, 2, duration)

    assert (tally.median, tally.slow) == (50, 95)
    assert Tally().median is None


def test_what_was_not_answered_has_no_duration() -> None:
    tally = Tally()

    tally.add(3, None, 10_000)

    assert (tally.failed, tally.rate, tally.slow) == (3, 0.0, None)
