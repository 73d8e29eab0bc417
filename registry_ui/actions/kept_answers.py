"""Letting a call happen once, however often it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from registry_ui.errors import InvalidFieldError
from registry_ui.models import KeptAnswer

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a call.

    Attributes:
        status: of HTTP.
        body: JSON.
        location: address of what was created; may be empty.
        is_kept: is it that of an earlier call?
    """

    status: int
    body: str
    location: str
    is_kept: bool = False


def answer_once(
    user: User, key: str, *, digest: str, make: Callable[[], Answer]
) -> Answer:
    """Return what `make` answers, or answered to the same call before.

    The key and what the call does are stored in one transaction: after a crash there
    are both or neither. A second call waits for a first one that is under way. What
    raises is not kept, and may be sent again with the same key.

    Args:
        user: whose key; others' are others.
        key: as the caller chose it.
        digest: of the whole call.
        make: does it; without a network.

    Raises:
        InvalidFieldError: the key stands for another call.
    """
    old = KeptAnswer.objects.filter(
        user=user, created_at__lte=timezone.now() - KEPT_FOR
    )
    old.delete()
    with transaction.atomic():
        row, is_new = KeptAnswer.objects.get_or_create(
            user=user, key=key, defaults={"digest": digest}
        )
        if is_new:
            answer = make()
            row.status, row.body = answer.status, answer.body
            row.location = answer.location
            row.save(update_fields=["status", "body", "location"])
            return answer
    if row.digest != digest:
        raise InvalidFieldError(
            "Idempotency-Key",
            f"`Idempotency-Key`: {key!r} stands for another call that you made in the"
            " last 24 hours. Send a new key with each new call.",
        )
    return Answer(row.status, row.body, row.location, is_kept=True)
