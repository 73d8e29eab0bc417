"""Times in which nothing is approved, in a time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_MIDNIGHT = "24:00"


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_DAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when: two instants, or two times of some days.

    Attributes:
        starts, ends: both in their time zone; of a weekly one only the times count.
        weekdays: empty for a window that is once.
        whole_evening: does a weekly one last until midnight?
    """

    starts: datetime
    ends: datetime
    weekdays: tuple[Weekday, ...] = ()
    whole_evening: bool = False

    def until(self, now: datetime) -> datetime | None:
        """Return when the window ends if it covers the instant; else None."""
        now = now.astimezone(
            UTC
        )  # within one time zone, comparing is by the wall clock
        if not self.weekdays:
            return self.ends if self.starts <= now < self.ends else None
        local = now.astimezone(self.starts.tzinfo)
        if _DAYS[local.weekday()] not in self.weekdays:
            return None
        end = datetime.combine(local.date(), self.ends.time(), local.tzinfo)
        if self.whole_evening:
            end = datetime.combine(local.date(), time(), local.tzinfo)
            end += timedelta(days=1)
        # In the hour that comes twice, of the two times that which is still to come.
        end = end.replace(fold=local.fold)
        is_begun = local.time() >= self.starts.time()
        return end if is_begun and local < end else None


def dated_window(
    starts: str, ends: str, time_zone: str, _: tuple[Weekday, ...] = ()
) -> Window:
    """Make a window that is once.

    Raises:
        ValueError: with the reason and the remedy, a bar between them.
    """
    zone = _zone(time_zone)
    first, last = (_instant(text, zone) for text in (starts, ends))
    if first >= last:
        raise ValueError(f"It ends at {ends}, before it starts.|Let it end later.")
    return Window(first, last)


def weekly_window(
    starts: str, ends: str, time_zone: str, weekdays: tuple[Weekday, ...]
) -> Window:
    """Make a window of every week.

    Raises:
        ValueError: with the reason and the remedy, a bar between them.
    """
    zone = _zone(time_zone)
    day = datetime(2000, 1, 1, tzinfo=zone)
    first = datetime.combine(day, _time(starts), zone)
    if ends == _MIDNIGHT:
        return Window(first, day + timedelta(days=1), weekdays, whole_evening=True)
    last = datetime.combine(day, _time(ends), zone)
    if first >= last:
        raise ValueError(
            f"It ends at {ends}, before it starts.|A window over midnight is two: one"
            " until 24:00, one from 00:00 on the next day."
        )
    return Window(first, last, weekdays)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(
            f"There is no time zone {name!r}.|Write an IANA name, such as"
            " Europe/Berlin."
        ) from None


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no date with a time.|Write one such as 2026-12-20T18:00, or"
            " name weekdays."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time of the day.|Write one such as 16:00, or leave the"
            " weekdays out."
        ) from None
