"""The audit log, as people read it and as it is sealed."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry_ui.actions.audit import visible_events
from registry_ui.forms import EVENT_GROUPS, EventFilterForm
from registry_ui.htmx import render_page
from registry_ui.models import GENESIS, AuditEvent, RegisteredModel, chain_hash
from registry_ui.views.getters import signed_in
from registry_ui.views.sentences import event_lines

LIST = "registry_ui/event_list.html"
DETAIL = "registry_ui/event_detail.html"
PAGE_SIZE = 50


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """Show the activity, filtered, a page at a time."""
    user = signed_in(request)
    form = EventFilterForm(request.GET)
    chosen = form.chosen()
    events, newer, older = _window(_filtered(user, chosen), chosen)
    context = {
        "form": form,
        "lines": event_lines(events),
        "newer": newer,
        "older": older,
        "is_filtered": any(chosen[name] for name in ("kind", "model", "person")),
    }
    return render_page(request, LIST, context, partial="events")


def _filtered(user: User, chosen: dict[str, Any]) -> QuerySet[AuditEvent]:
    events = visible_events(user)
    if chosen["kind"]:
        of_kind = Q()
        for beginning in EVENT_GROUPS[chosen["kind"]]:
            of_kind |= Q(type__startswith=beginning)
        events = events.filter(of_kind)
    if chosen["model"]:
        events = events.filter(model_pk__in=_models_called(user, chosen["model"]))
    if chosen["person"]:
        events = events.filter(actor_name__in=_people_called(chosen["person"]))
    return events


def _models_called(user: User, text: str) -> Any:
    """Return models of just that name; where there is none, those that contain it."""
    models = RegisteredModel.objects.visible_to(user)
    exactly = models.filter(name=text)
    return (
        exactly if exactly.exists() else models.filter(name__icontains=text)
    ).values("pk")


def _people_called(text: str) -> Any:
    full_name = Concat("first_name", Value(" "), "last_name")
    people = User.objects.annotate(full_name=full_name).filter(
        Q(username__iexact=text) | Q(full_name__icontains=text)
    )
    return people.values("username")


def _window(
    events: QuerySet[AuditEvent], chosen: dict[str, Any]
) -> tuple[list[AuditEvent], int | None, int | None]:
    """Return one page of events, and the positions that its neighbours are asked by.

    Pages are cut by position, since counting a long log is slow and numbers would
    move under the reader's feet.

    Returns:
        Events, newest first; `after` for the newer page and `before` for the older
        one, None where there is none.
    """
    if chosen["after"]:
        later = events.filter(position__gt=chosen["after"]).order_by("position")
        found = list(later[: PAGE_SIZE + 1])
        page, has_newer = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE
        has_older = True
    else:
        is_first = not chosen["before"]
        earlier = events if is_first else events.filter(position__lt=chosen["before"])
        found = list(earlier[: PAGE_SIZE + 1])
        page, has_older = found[:PAGE_SIZE], len(found) > PAGE_SIZE
        has_newer = not is_first
    if not page:
        return [], None, None
    return (
        page,
        page[0].position if has_newer else None,
        page[-1].position if has_older else None,
    )


@require_safe
def event_detail(request: HttpRequest, position: int) -> HttpResponse:
    """Show one event with the exact text that was sealed."""
    user = signed_in(request)
    event = visible_events(user).filter(position=position).first()
    if event is None:
        raise Http404
    before = AuditEvent.objects.filter(position=position - 1).first()
    expected = before.hash if before else GENESIS
    context = {
        "event": event,
        "line": event_lines([event])[0],
        "details": _details(event),
        "is_sealed": chain_hash(event.previous_hash, event.body) == event.hash,
        "is_linked": event.previous_hash == expected,
    }
    return render(request, DETAIL, context)


def _details(event: AuditEvent) -> list[tuple[str, str]]:
    """Return what the event says besides: a label and a text each."""
    return [
        (
            name.replace("_", " ").capitalize(),
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
        )
        for name, value in event.details.items()
        if value not in ("", None, [])
    ]
