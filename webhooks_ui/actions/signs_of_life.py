"""When a sender last ran a task, for who asks whether one does."""

from datetime import datetime, timedelta

from registry_ui.models import Allowance

SILENCE = timedelta(seconds=60)
"""What is too long: the clock wakes senders each second; deliveries take half of it."""
_NAME, _PURPOSE = "sender", "sign_of_life"
_BETWEEN = timedelta(seconds=10)


def give_sign(now: datetime) -> None:
    """Store that a sender runs a task, where that was not done a moment ago."""
    Allowance.objects.use(_NAME, _PURPOSE, most=1, now=now, window=_BETWEEN)


def last_sign() -> datetime | None:
    """Return when a sender ran a task, give or take ten seconds; None if none ever."""
    signs = Allowance.objects.filter(holder=_NAME, purpose=_PURPOSE)
    return signs.values_list("began_at", flat=True).first()
