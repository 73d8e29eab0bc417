"""Lengths of time as people write them in policies: `30d`, `1h`, `2w 3d`."""

import re
from datetime import timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NAMES = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}
_PART = re.compile(r"(\d{1,6})\s*([wdhms])\s*")
LONGEST = timedelta(days=3_660)


def parse_duration(text: str) -> timedelta:
    """Read what `format_duration` writes, parts in any order: `1h 30m`.

    Raises:
        ValueError: it is none, is zero, or is longer than ten years.
    """
    text = text.strip().lower()
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        raise ValueError(f"{text!r} is no length of time.")
    found = timedelta(seconds=sum(int(n) * _SECONDS[unit] for n, unit in parts))
    if not found:
        raise ValueError("A length of time must be more than nothing.")
    if found > LONGEST:
        raise ValueError(f"{text!r} is more than ten years.")
    return found


def format_duration(length: timedelta) -> str:
    """Write a length in its largest units: `1d 6h`; seconds are the smallest."""
    rest = int(length.total_seconds())
    parts = []
    for unit, seconds in _SECONDS.items():
        if unit == "w" and rest % seconds:
            continue  # 30d and not 4w 2d
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def in_words(length: timedelta, *, most: int | None = None) -> str:
    """Write a length for a sentence: "30 days", "1 hour 30 minutes".

    Args:
        length: of time.
        most: how many units; smaller ones are cut off.
    """
    words = []
    for part in format_duration(length).split()[:most]:
        count, name = int(part[:-1]), _NAMES[part[-1]]
        words.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(words)
