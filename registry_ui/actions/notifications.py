"""Who is told of what: rows that are stored in the transaction of the change.

Somebody is told who may read the model then, is active, and did not do it themselves.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from registry_ui.actions.deciders import holders_of, people_needed
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.watching import ids_of_watchers, watchers_of
from registry_ui.events import EventType, Recorded, people_notified
from registry_ui.mentions import names_in
from registry_ui.models import (
    AuditEvent,
    Level,
    Notification,
    RegisteredModel,
    Subscription,
    TransitionRequest,
    readers,
)

Reason = Notification.Reason

_CALLS = (EventType.TRANSITION_REQUEST_CREATED, EventType.REVIEW_OVERDUE)
"""At these, people are needed, unless the request was decided in the same breath; an
overdue review also calls who manages the model."""
_ASKS = (Reason.NEEDS_YOU, Reason.REMINDER)
_TOLD = frozenset(
    {
        EventType.TRANSITION_REQUEST_CREATED,
        EventType.GLASS_BROKEN,
        EventType.REVIEW_OVERDUE,
        # Not `rejected`: it comes with the review, which has the reason.
        EventType.REVIEW_GIVEN,
        EventType.TRANSITION_REQUEST_APPROVED,
        EventType.TRANSITION_REQUEST_CANCELLED,
        EventType.TRANSITION_REQUEST_APPLIED,
        EventType.TRANSITION_REQUEST_FAILED,
        EventType.TRANSITION_REQUEST_UNDONE,
        EventType.TRANSITION_REQUEST_EXPIRED,
        EventType.TRANSITION_REQUEST_SUPERSEDED,
        EventType.COMMENT_CREATED,
        EventType.COMMENT_UPDATED,
        EventType.INCIDENT_OPENED,
    }
)

_Watchers = Callable[[TransitionRequest | int | None], list[int]]


def tell_of(records: Iterable[Recorded]) -> None:
    """Store a notification for each person whom each event concerns.

    Call it in the events' transaction. Most events concern nobody and cost no query.

    Args:
        records: just recorded, together.
    """
    watchers = cache(_watchers)
    for event, request in records:
        if event.type not in _TOLD or event.model_pk is None:
            continue
        reasons = _reasons(event, request, watchers)
        if event.actor_id in reasons:
            del reasons[event.actor_id]  # or they would be looked up to be left out
        if reasons:
            model = (
                request.version.model
                if request
                else RegisteredModel.objects.get(pk=event.model_pk)
            )
            notify(
                reasons,
                model=model,
                request=request,
                event=event,
                occasion=f"event:{event.position}",
            )


@transaction.atomic
def notify(
    reasons: Mapping[int, Reason],
    *,
    model: RegisteredModel | None,
    occasion: str,
    request: TransitionRequest | None = None,
    event: AuditEvent | None = None,
    text: str = "",
) -> list[Notification]:
    """Tell people of an occasion, each once, however often this is called.

    Who is not active, may not read the model or is the event's actor is left out.
    Where no event says it already, hold a lock on the request: two calls side by side
    would otherwise meet at the constraint. What asks for a decision on an open request
    lapses once that is decided: it is not sent any more.

    Args:
        reasons: why each person is told, by their primary key.
        model: what it is about; None: the whole registry, and any active person.
        occasion: names it: `expiry:12`; at most 64 characters.
        request: what it is about, if it is about one.
        event: what happened, if it is on record.
        text: a sentence, where no event has one.

    Returns:
        What was stored.
    """
    told = Notification.objects.filter(occasion=occasion, user__in=reasons)
    may_know = readers(model) if model else Q(is_active=True)
    people = User.objects.filter(may_know, pk__in=reasons).exclude(
        pk__in=told.values("user")
    )
    if event and event.actor_name:
        people = people.exclude(username=event.actor_name)
    is_open = request is not None and request.is_open
    notifications = Notification.objects.bulk_create(
        Notification(
            user=person,
            reason=reasons[person.pk],
            model=model,
            request=request,
            event=event,
            text=text,
            occasion=occasion,
            lapses=is_open and reasons[person.pk] in _ASKS,
        )
        for person in people.order_by("pk").distinct()
    )
    if notifications:
        people_notified.send(sender=Notification, notifications=notifications)
    return notifications


def _reasons(
    event: AuditEvent, request: TransitionRequest | None, watchers: _Watchers
) -> dict[int, Reason]:
    """Say why each person is told; of several reasons, the strongest."""
    details = event.details
    mentioned = set(details.get("mentions", ()))
    if event.type == EventType.COMMENT_UPDATED:
        # Who was told of the comment before need not hear of each mended word.
        new = mentioned - set(names_in(details.get("before", "")))
        return dict.fromkeys(_ids_of(new), Reason.MENTIONED)
    watching = watchers(request or event.model_pk)
    found = dict.fromkeys(watching, Reason.WATCHING)
    found |= dict.fromkeys(_ids_of(mentioned), Reason.MENTIONED)
    if request:
        found[request.requested_by_id] = Reason.YOURS
    if request and request.is_open and event.type in _CALLS:
        needed = people_needed(request, gather_decision(request))
        found |= {person.pk: Reason.NEEDS_YOU for person in needed}
    if request and event.type == EventType.REVIEW_OVERDUE:
        managers = holders_of(request.version.model, at_least=Level.CAN_MANAGE)
        found = {one.user.pk: Reason.NEEDS_YOU for one in managers} | found
    return found


def listeners_of(request: TransitionRequest, *, actor: User) -> QuerySet[User]:
    """Return who is told, beside the actor, when the request is decided."""
    people = Q(pk__in=watchers_of(request).values("pk"))
    people |= Q(pk=request.requested_by_id, is_active=True)
    found = User.objects.filter(people, readers(request.version.model))
    return found.exclude(pk=actor.pk).distinct()


def _watchers(subject: TransitionRequest | int | None) -> list[int]:
    """Return who watches a request, or a model by its primary key."""
    if isinstance(subject, TransitionRequest):
        return ids_of_watchers(subject)
    subscriptions = Subscription.objects.filter(model=subject)
    return list(subscriptions.values_list("user", flat=True))


def _ids_of(names: set[str]) -> list[int]:
    if not names:
        return []
    return list(User.objects.filter(username__in=names).values_list("pk", flat=True))
