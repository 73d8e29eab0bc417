"""How a receiver fares: attempts, counted by the database, by time and duration.

Tests are left out. Durations are counted with two digits (84, 840 and 8,400 ms, not
847), so that what comes back is short however many attempts there are; percentiles
are read off these counts, the same on every database. Of many attempts every second,
third, … one is sorted into the stretches: databases sort before they count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Max, Q, QuerySet
from django.db.models.expressions import Combinable

from webhooks_ui.models.attempts import DeliveryAttempt
from webhooks_ui.models.deliveries import Trigger
from webhooks_ui.models.webhooks import Webhook

SORTED_AT_MOST = 100_000
"""Attempts. Sorting a million takes SQLite 1.5 s, counting them a tenth of that."""

_SUCCESS = 2
"""The first digit of each status of success."""


_SUCCEEDED = Count("pk", filter=Q(status_code__range=(200, 299)))


class _Slot(Func):
    """The number of the stretch of time that a moment lies in, since 1970."""

    output_field = IntegerField()

    def __init__(self, moment: str, seconds: int) -> None:
        super().__init__(F(moment), seconds=seconds)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Read the text that SQLite stores."""
        template = "(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / %(seconds)d)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Read a timestamp."""
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / %(seconds)d)::integer"
        return self.as_sql(compiler, connection, template=template, **extra)


class _FirstDigit(Func):
    """The first digit of a status."""

    output_field = IntegerField()
    template = "(%(expressions)s / 100)"


class _TwoDigits(Func):
    """A duration without its digits after the second one."""

    output_field = IntegerField()
    template = (
        "(CASE WHEN %(expressions)s < 100 THEN %(expressions)s"
        " WHEN %(expressions)s < 1000 THEN %(expressions)s / 10 * 10"
        " WHEN %(expressions)s < 10000 THEN %(expressions)s / 100 * 100"
        " ELSE %(expressions)s / 1000 * 1000 END)"
    )


@dataclass(slots=True)
class Tally:
    """Attempts of a stretch of time.

    Attributes:
        succeeded: how many the receiver took.
        failed: how many it did not take.
        durations: of those that were answered: milliseconds to how many.
    """

    succeeded: int = 0
    failed: int = 0
    durations: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Return how many there were."""
        return self.succeeded + self.failed

    @property
    def rate(self) -> float | None:
        """Return the share that succeeded, from 0 to 1; None where there were none."""
        return self.succeeded / self.total if self.total else None

    @property
    def median(self) -> int | None:
        """Return the milliseconds within which half of the answers came."""
        return self.percentile(0.5)

    @property
    def slow(self) -> int | None:
        """Return the milliseconds within which 95 of 100 answers came."""
        return self.percentile(0.95)

    def percentile(self, share: float) -> int | None:
        """Return the milliseconds within which a share of the answers came.

        The nearest rank; None where nothing was answered.
        """
        rest = share * self.durations.total()
        for duration in sorted(self.durations):
            rest -= self.durations[duration]
            if rest <= 0:
                return duration
        return None

    def add(self, count: int, digit: int | None, duration: int) -> None:
        """Count attempts with the first digit of their status, None for no answer."""
        if digit == _SUCCESS:
            self.succeeded += count
        else:
            self.failed += count
        if digit is not None:
            self.durations[duration] += count


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time and what happened in it."""

    begins_at: datetime
    ends_at: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class Health:
    """A period, as a whole and cut into equal stretches, the last one under way.

    Attributes:
        total: of all of it; how many succeeded and failed is exact.
        stretches: in order.
        every: each how manyth attempt is in the stretches, standing for the others;
            1 where all are.
    """

    total: Tally
    stretches: Sequence[Stretch]
    every: int


def health_of(
    webhook: Webhook, *, now: datetime, step: timedelta, steps: int
) -> Health:
    """Return how a receiver has fared lately, in two queries over one index.

    Args:
        webhook: whose receiver.
        now: lies in the last stretch.
        step: how long a stretch is; they begin at its multiples in UTC.
        steps: how many.
    """
    seconds = int(step.total_seconds())
    first = int(now.timestamp()) // seconds - steps + 1
    attempts = _real().filter(webhook=webhook, started_at__gte=_moment(first * seconds))
    counted = attempts.aggregate(attempts=Count("pk"), succeeded=_SUCCEEDED)
    every = counted["attempts"] // SORTED_AT_MOST + 1
    tallies = {slot: Tally() for slot in range(first, first + steps)}
    total = Tally()
    for slot, digit, duration, count in _counts(attempts, seconds, every):
        for tally in (total, tallies.get(slot, Tally())):
            tally.add(count * every, digit, duration)
    total.succeeded = counted["succeeded"]
    total.failed = counted["attempts"] - counted["succeeded"]
    stretches = [
        Stretch(_moment(slot * seconds), _moment((slot + 1) * seconds), tally)
        for slot, tally in tallies.items()
    ]
    return Health(total, stretches, every)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a receiver has fared lately, in short.

    Attributes:
        attempts: how many there were.
        succeeded: how many of them it took.
        last_at: when the last of them began; None where there was none.
    """

    attempts: int = 0
    succeeded: int = 0
    last_at: datetime | None = None

    @property
    def rate(self) -> float | None:
        """Return the share that succeeded, from 0 to 1; None where there were none."""
        return self.succeeded / self.attempts if self.attempts else None


def summaries_of(webhooks: Iterable[Webhook], *, since: datetime) -> dict[str, Summary]:
    """Return how receivers have fared, by webhook, in one query; tests are left out."""
    attempts = _real().filter(webhook__in=list(webhooks), started_at__gte=since)
    rows = (
        attempts.order_by()
        .values_list("webhook")
        .annotate(
            attempts=Count("pk"),
            succeeded=_SUCCEEDED,
            last_at=Max("started_at"),
        )
    )
    return {pk: Summary(*numbers) for pk, *numbers in rows}


def _counts(
    attempts: QuerySet[DeliveryAttempt], seconds: int, every: int
) -> Iterable[tuple[int, int | None, int, int]]:
    """Return slot, first digit of the status, duration, and how many."""
    if every > 1:
        attempts = attempts.alias(rest=F("pk") % every).filter(rest=0)
    groups: dict[str, Combinable] = {
        "slot": _Slot("started_at", seconds),
        "digit": _FirstDigit("status_code"),
        "duration": _TwoDigits("duration_ms"),
    }
    return attempts.order_by().values_list(*groups.values()).annotate(Count("pk"))


def _real() -> QuerySet[DeliveryAttempt]:
    """Return all attempts but those of tests."""
    return DeliveryAttempt.objects.exclude(trigger=Trigger.TEST)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
