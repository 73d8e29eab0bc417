"""Incidents: the list, the page that tells what happened, and the three answers."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from registry_ui import permissions
from registry_ui.actions.answers import (
    accept_incident,
    ask_about_incident,
    level_to_answer,
    may_answer,
    revert_incident,
    way_back,
)
from registry_ui.actions.apply import wait_until_settled
from registry_ui.errors import ActionError
from registry_ui.forms import AnswerForm
from registry_ui.htmx import lead_to, render_page
from registry_ui.models import AuditEvent, Incident, TransitionRequest
from registry_ui.planning import Effect
from registry_ui.views.getters import signed_in
from registry_ui.views.sentences import event_lines

LIST = "registry_ui/incident_list.html"
DETAIL = "registry_ui/incident_detail.html"
PAGE_SIZE = 25
SHOWN_EVENTS = 50
SHOWN = {"open": "Open", "resolved": "Answered"}


@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """Show incidents, those that wait for an answer first."""
    visible = Incident.objects.visible_to(signed_in(request))
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "open"
    rows = visible.filter(status=show).select_related("model", "resolved_by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(incident, phrases(incident.effects)) for incident in page],
        "show": show,
        "tabs": SHOWN,
        "open_count": visible.open().count(),
    }
    return render_page(request, LIST, context, partial="incidents")


@require_safe
def incident_detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show one incident."""
    user = signed_in(request)
    incident = _visible_or_404(user, number)
    context = _context(user, incident, AnswerForm())
    return render_page(request, DETAIL, context, partial="page")


def incident_answer(request: HttpRequest, number: int) -> HttpResponse:
    """Take one of the three answers."""
    user = signed_in(request)
    incident = _visible_or_404(user, number)
    if request.method != "POST":
        return redirect(incident)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            ask = _answer(incident, user, form.cleaned_data)
        except ActionError as error:
            form.add_error(None, str(error))
        else:
            return lead_to(request, ask) if ask else redirect(incident)
    incident = _visible_or_404(user, number)
    context = _context(user, incident, form)
    return render_page(request, DETAIL, context, partial="page", status=422)


def _answer(
    incident: Incident, user: User, given: dict[str, Any]
) -> TransitionRequest | None:
    """Do what was chosen; return the request that came of it."""
    text, seen = given["text"], given["seen"]
    match given["answer"]:
        case "revert":
            ask = revert_incident(incident, actor=user, comment=text, seen=seen)
            wait_until_settled(ask, seconds=settings.APPLY_PATIENCE_SECONDS)
            return ask
        case "ask":
            return ask_about_incident(incident, actor=user, comment=text, seen=seen)
        case _:
            accept_incident(incident, actor=user, reason=text, seen=seen)
            return None


def phrases(effects: list[dict[str, Any]]) -> list[str]:
    """Return stored effects as people read them."""
    return [str(effect) for effect in Effect.many(effects)]


def _visible_or_404(user: User, number: int) -> Incident:
    rows = Incident.objects.visible_to(user).select_related("model", "resolved_by")
    incident = rows.filter(pk=number).first()
    if incident is None:
        raise Http404
    return incident


def _context(user: User, incident: Incident, form: AnswerForm) -> dict[str, Any]:
    back, lost = way_back(incident) if incident.is_open else ((), ())
    requests = incident.transition_requests.select_related(
        "version__model", "requested_by", "incident"
    )
    may = incident.is_open and may_answer(user, incident)
    level = level_to_answer(Effect.many(incident.effects))
    return {
        "incident": incident,
        "effects": phrases(incident.effects),
        "back": [str(effect) for effect in back],
        "lost": lost,
        "form": form,
        "may_answer": may,
        "may_ask": incident.is_open and permissions.may_request(user, incident.model),
        "why_not": ""
        if may or not incident.is_open
        else f"Reverting or accepting takes the level {level.label} on"
        f" {incident.model}.",
        "requests": list(requests),
        "events": event_lines(_events(incident)),
    }


def _events(incident: Incident) -> list[AuditEvent]:
    """Return the incident's own events, oldest first."""
    events = AuditEvent.objects.filter(
        model_pk=incident.model_id, type__startswith="incident."
    ).order_by("position")
    own = [e for e in events if e.details.get("incident") == incident.number]
    return own[-SHOWN_EVENTS:]
