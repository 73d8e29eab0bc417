"""What answers tell of a receiver as a whole: that it fails, works, or wants rest.

A receiver that is down or overloaded is left alone for a while, its whole queue with
it, rather than asked by each delivery in turn.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webhooks_ui.http_client import OVERLOADED, Answer, Failure, Outgoing
from webhooks_ui.models import Webhook
from webhooks_ui.models.attempts import is_success

SHORTEST_HOLD = timedelta(seconds=1)
LONGEST_HOLD = timedelta(minutes=5)
LONGEST_HOLD_ASKED_FOR = timedelta(hours=1)
OWN_FAULT_LASTS = timedelta(days=1)
"""A name server that answers for a day but for one name is no fault of ours."""
HOLD_FOR_OWN_FAULT = timedelta(minutes=1)
_JITTER = 0.2

Result = tuple[Outgoing, Answer | None]


def has_succeeded(answer: Answer) -> bool:
    """Did the receiver accept it?"""
    return answer.status_code is not None and is_success(answer.status_code)


@dataclass(slots=True)
class NotCounted:
    """Which requests, by their ids, say nothing of a delivery's receiver.

    Attributes:
        excused: failed for a reason of ours: they cost no attempt.
        outdated: were answered by a receiver that the webhook has no longer.
    """

    excused: set[str] = field(default_factory=set)
    outdated: set[str] = field(default_factory=set)


def note_health(results: Sequence[Result], now: datetime) -> NotCounted:
    """Remember since when receivers fail, that they work, how long to leave them alone.

    Call it before the deliveries are locked; webhooks are locked in one order. So two
    workers and a deletion never wait for each other in a circle.
    """
    answers: defaultdict[str, list[tuple[Outgoing, Answer]]] = defaultdict(list)
    for request, answer in results:
        if answer is not None:
            answers[request.endpoint].append((request, answer))
    found = NotCounted()
    webhooks = Webhook.objects.select_for_update(no_key=True).filter(pk__in=answers)
    for webhook in webhooks.only(*_HEALTH, *_RECEIVER).order_by("pk"):
        before = _health_of(webhook)
        mine = answers[webhook.pk]
        former = {request.id for request, _ in mine if not _is_of(request, webhook)}
        found.outdated |= former
        if _may_be_own_fault(webhook, now):
            found.excused |= {
                request.id for request, answer in mine if answer.failure is Failure.OURS
            }
        _note(webhook, [answer for one, answer in mine if one.id not in former], now)
        if _health_of(webhook) != before:
            webhook.save(update_fields=list(_HEALTH))
    return found


_RECEIVER = ("url", "workspace_url", "job_id")


def _is_of(request: Outgoing, webhook: Webhook) -> bool:
    """Did the request go where the webhook's requests go by now?"""
    if run := request.job:
        asked = (run.workspace_url, run.job_id)
        return asked == (webhook.workspace_url, webhook.job_id)
    return request.url == webhook.url


_HEALTH = ("failing_since", "failure_warned_at", "held_until", "held_reason")


def _health_of(webhook: Webhook) -> tuple[object, ...]:
    return tuple(getattr(webhook, name) for name in _HEALTH)


def _note(webhook: Webhook, answers: Sequence[Answer], now: datetime) -> None:
    """Note what came in together: one success shows that the receiver works.

    It may ask for rest all the same, as one does that answers 429 to what is too much:
    what was under way by then ends no rest.
    """
    if not answers:
        return
    failures = [answer for answer in answers if not has_succeeded(answer)]
    has_taken_one = len(failures) < len(answers)
    if has_taken_one:
        webhook.failing_since = webhook.failure_warned_at = None
        if webhook.held_until and webhook.held_until <= now:
            webhook.held_until, webhook.held_reason = None, ""
    failing_for = now - (webhook.failing_since or now)
    for answer in failures:
        wait = hold_after(answer, failing_for=failing_for)
        if wait is not None:
            webhook.held_until = max(now + wait, webhook.held_until or now)
            webhook.held_reason = _why(answer)
    if not has_taken_one:
        webhook.failing_since = webhook.failing_since or now


def hold_after(answer: Answer, *, failing_for: timedelta) -> timedelta | None:
    """Return how long to leave a receiver alone after a failure; None: not at all.

    Half as long as it fails already, from a second to five minutes: so one that comes
    back is noticed within half the time that it was gone. As long as it asks for with
    `Retry-After`, if that is longer, up to an hour.
    """
    if answer.failure is Failure.OURS:
        return _spread(HOLD_FOR_OWN_FAULT)
    is_about_one_delivery = answer.failure is Failure.REFUSED_BY_POLICY or (
        answer.status_code is not None and answer.status_code not in OVERLOADED
    )
    if is_about_one_delivery:
        return None
    wait = min(max(failing_for / 2, SHORTEST_HOLD), LONGEST_HOLD)
    if answer.retry_after_seconds is not None:
        asked = timedelta(seconds=answer.retry_after_seconds)
        wait = max(wait, min(asked, LONGEST_HOLD_ASKED_FOR))
    return _spread(wait)


def _may_be_own_fault(webhook: Webhook, now: datetime) -> bool:
    since = webhook.failing_since
    return since is None or now - since < OWN_FAULT_LASTS


def _why(answer: Answer) -> str:
    if answer.status_code is None:
        return answer.error
    return f"The receiver answered {answer.status_code}."


def _spread(wait: timedelta) -> timedelta:
    return wait * random.uniform(1, 1 + _JITTER)  # noqa: S311 - spreads load
