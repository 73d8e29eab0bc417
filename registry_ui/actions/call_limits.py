"""How many calls of the API a person may make, with all tokens together."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.models import Allowance

CALL = "api_call"


@dataclass(frozen=True, slots=True)
class CallStanding:
    """What is left of a person's calls.

    Attributes:
        limit: calls within a minute.
        left: how many more there may be in this one.
        resets_in: until the minute is over.
        is_granted: may this call be made?
    """

    limit: int
    left: int
    resets_in: timedelta
    is_granted: bool


def count_call(user: User) -> CallStanding:
    """Count one call; all processes count together."""
    limit, now = settings.API_CALLS_PER_MINUTE, timezone.now()
    wait = Allowance.objects.use(user, CALL, most=limit, now=now)
    used, resets_in = Allowance.objects.used(user, CALL, now=now)
    return CallStanding(limit, max(0, limit - used), resets_in, wait is None)
