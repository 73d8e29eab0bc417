"""What the clock tells people: a request expires soon, an approval counts no longer.

Nothing happens at these instants that would be on record, so nobody could be told by an
event. Each is told once, however often the clock looks.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from registry_ui.actions.deciders import people_needed
from registry_ui.actions.decisions import Decision, gather_decision
from registry_ui.actions.notifications import Reason, notify
from registry_ui.actions.policies import policies_in_force, policy_of_request
from registry_ui.actions.requests import locked
from registry_ui.gates import expires_at
from registry_ui.models import Notification, Review, TransitionRequest
from registry_ui.policies import Policy

LONGEST_NOTICE = timedelta(hours=24)
PART_OF_LIFE = 4


def remind_people() -> int:
    """Tell of open requests that expire soon, and of approvals that count no longer.

    Returns:
        How many people were told.
    """
    policies = policies_in_force()
    told = set(
        Notification.objects.filter(
            event=None, request__status=TransitionRequest.Status.OPEN
        ).values_list("occasion", flat=True)
    )
    approvals = _approvals()
    requests = TransitionRequest.objects.open().select_related("version__model")
    count = 0
    for request in requests.order_by("pk"):
        ends = _soon_over(request, policies)
        is_untold = ends is not None and _expiry(request, ends) not in told
        given = [one for one in approvals[request.pk] if _stale(one) not in told]
        if is_untold or given:
            count += _remind(request, ends if is_untold else None, given, policies)
    return count


def reminder_at(asked_at: datetime, ends: datetime) -> datetime:
    """Return when people are reminded: a quarter of its life before, at most a day."""
    return ends - min((ends - asked_at) / PART_OF_LIFE, LONGEST_NOTICE)


@transaction.atomic
def _remind(
    request: TransitionRequest,
    ends: datetime | None,
    approvals: Sequence[Review],
    policies: Sequence[Policy],
) -> int:
    """Tell the people of one request; return how many were.

    Args:
        request: read again here under a row lock.
        ends: when it expires, if that is to be told.
        approvals: those that may have come to count no longer.
        policies: those in force.
    """
    request = locked(request)
    if not request.is_open:
        return 0
    decision = gather_decision(request, policies=policies)
    needed = people_needed(request, decision)
    count = 0
    if ends is not None:
        count += _tell_of_expiry(request, ends, needed)
    for review in approvals:
        if review.reviewer in needed and decision.why_given_in_vain(review):
            count += _tell_of_stale(request, review, decision)
    return count


def _tell_of_expiry(
    request: TransitionRequest, ends: datetime, needed: Sequence[User]
) -> int:
    people = {person.pk for person in needed} | {request.requested_by_id}
    told = notify(
        dict.fromkeys(people, Reason.REMINDER),
        model=request.version.model,
        request=request,
        occasion=_expiry(request, ends),
        text=f"{request.title}: nobody has decided yet, and the request expires on"
        f" {ends:%d %b %Y, %H:%M} UTC",
    )
    return len(told)


def _tell_of_stale(
    request: TransitionRequest, review: Review, decision: Decision
) -> int:
    changed = review.pk in decision.stale_reviews
    reason = decision.why_given_in_vain(review)
    why = f"{reason} changed since" if changed else reason
    told = notify(
        {review.reviewer_id: Reason.NEEDS_YOU},
        model=request.version.model,
        request=request,
        occasion=_stale(review),
        text=f"Your approval counts no longer: {why}. Look again",
    )
    return len(told)


def _soon_over(
    request: TransitionRequest, policies: Sequence[Policy]
) -> datetime | None:
    """Return when the request expires, if it is time to remind of that."""
    rules = policy_of_request(request, policies=policies).definition
    ends = expires_at(rules, request.created_at)
    if ends is None:
        return None
    is_time = reminder_at(request.created_at, ends) <= timezone.now() < ends
    return ends if is_time else None


def _approvals() -> defaultdict[int, list[Review]]:
    """Return the approvals of open requests, by request."""
    found: defaultdict[int, list[Review]] = defaultdict(list)
    reviews = Review.objects.filter(
        request__status=TransitionRequest.Status.OPEN,
        decision=Review.Decision.APPROVE,
        stale_reason="",
    )
    for review in reviews.select_related("reviewer"):
        found[review.request_id].append(review)
    return found


def _expiry(request: TransitionRequest, ends: datetime) -> str:
    """Name the occasion; a policy that moves the end makes it another one."""
    return f"expiry:{request.pk}:{ends:%Y%m%dT%H%M%S}"


def _stale(review: Review) -> str:
    return f"stale:{review.pk}"
