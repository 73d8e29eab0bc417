"""Incidents: changes that nobody decided; list, read, and the three answers."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from registry_ui.actions.answers import (
    accept_incident,
    ask_about_incident,
    may_answer,
    revert_incident,
    way_back,
)
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.descriptions import describe, effects_out, request_url
from registry_ui.api.v1.fields import (
    MODEL,
    REFUSALS,
    Body,
    Error,
    IncidentStatus,
    Number,
    absolute_url,
    examples,
)
from registry_ui.api.v1.idempotency import idempotent
from registry_ui.api.v1.lookups import (
    refuse_invisible_model,
    visible_incident_or_404,
)
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.api.v1.schemas import WHO, EffectOut, RequestOut
from registry_ui.models import Incident, Scope, TransitionRequest
from registry_ui.planning import Effect

router = Router(tags=["Incidents"])
ONE = "/incidents/{number}"
COLLISIONS = {**REFUSALS, 409: Error}


class IncidentPath(Schema):
    """Names an incident."""

    number: Number = Field(description="Number of the incident.")


class IncidentFilter(PageQuery):
    """Which incidents to list."""

    status: IncidentStatus | None = None
    model: Text | None = Field(None, description=MODEL)


class AnswerIn(Body):
    """What to say with an answer, and what was looked at."""

    model_config = examples(
        {"comment": "Moved by hand in the outage.", "fingerprint": "0f4b9a8c11d2e377"}
    )

    comment: Text = Field("", description="Required, but for a revert.")
    fingerprint: Text = Field(
        description="As the incident's answer said. If more was changed since, the call"
        " answers 409 and nothing is done."
    )


class IncidentSummary(Schema):
    """An incident, as lists show it."""

    number: int
    model: str = Field(description=MODEL)
    status: IncidentStatus
    effects: list[EffectOut] = Field(description="The net changes that still stand.")
    clue: str = Field(description="What MLflow can tell of it, which is little.")
    not_before: datetime | None = Field(
        description="Start of the last sync that did not see it; null: none before."
    )
    seen_at: datetime = Field(description="Start of the sync that saw it first.")
    changed_at: datetime = Field(description="Start of the sync that last added to it.")
    resolution: Incident.Resolution | None = Field(description="Null while open.")
    resolved_by: str | None = Field(description=WHO)
    resolved_at: datetime | None
    reason: str = Field(description="Why it was accepted; else empty.")
    page: str = Field(description="Its page, for people.")


class IncidentOut(IncidentSummary):
    """An incident with what can be done about it."""

    fingerprint: str = Field(description="Send it with an answer.")
    way_back: list[EffectOut] = Field(description="What a revert would do.")
    lost: list[str] = Field(description="What nothing brings back, in sentences.")
    requests: list[int] = Field(description="Numbers of requests that came of it.")
    may_answer: bool = Field(description="May you accept or revert it?")


class IncidentList(PageOut):
    """A page of incidents, newest first."""

    incidents: list[IncidentSummary]


@router.get(
    "/incidents", response={200: IncidentList, **REFUSALS}, summary="List incidents"
)
@needs(Scope.READ)
def list_incidents(request: ApiRequest, filters: Query[IncidentFilter]) -> IncidentList:
    """List the incidents of models that you may read, newest first."""
    found = Incident.objects.visible_to(request.auth).select_related(
        "model", "resolved_by"
    )
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.model is not None:
        refuse_invisible_model(request.auth, filters.model)
        found = found.filter(model__name=filters.model)
    rows, cursor = page_by(found, filters, "-number")
    return IncidentList(
        incidents=[IncidentSummary(**_summary(row)) for row in rows], next_cursor=cursor
    )


@router.get(ONE, response={200: IncidentOut, **REFUSALS}, summary="Read an incident")
@needs(Scope.READ)
def get_incident(request: ApiRequest, path: Path[IncidentPath]) -> IncidentOut:
    """Read an incident with what a revert would do."""
    return _describe(request, path.number)


@router.post(
    f"{ONE}/accept", response={200: IncidentOut, **COLLISIONS}, summary="Accept"
)
@needs(Scope.REVIEW)
@idempotent
def create_incident_acceptance(
    request: ApiRequest, path: Path[IncidentPath], body: AnswerIn
) -> IncidentOut:
    """Let what was changed stand, for a reason that goes on record.

    Needs the level that could have decided on all of the changes.
    """
    accept_incident(
        visible_incident_or_404(request.auth, path.number),
        actor=request.auth,
        reason=body.comment,
        seen=body.fingerprint,
    )
    return _describe(request, path.number)


@router.post(
    f"{ONE}/revert", response={201: RequestOut, **COLLISIONS}, summary="Revert"
)
@needs(Scope.REVIEW)
@idempotent
def create_incident_revert(
    request: ApiRequest,
    path: Path[IncidentPath],
    body: AnswerIn,
    response: HttpResponse,
) -> Status[RequestOut]:
    """Restore what was, by a request that needs no review.

    Needs the level that could have decided on all of the changes. A worker changes
    MLflow within moments: read the request until it is `applied` or `failed`.
    """
    created = revert_incident(
        visible_incident_or_404(request.auth, path.number),
        actor=request.auth,
        comment=body.comment,
        seen=body.fingerprint,
    )
    return _created(created, response)


@router.post(
    f"{ONE}/ask", response={201: RequestOut, **COLLISIONS}, summary="Ask for a review"
)
@needs(Scope.REQUEST)
@idempotent
def create_incident_review(
    request: ApiRequest,
    path: Path[IncidentPath],
    body: AnswerIn,
    response: HttpResponse,
) -> Status[RequestOut]:
    """Ask reviewers to approve after the fact what was changed. Needs Can Read."""
    created = ask_about_incident(
        visible_incident_or_404(request.auth, path.number),
        actor=request.auth,
        comment=body.comment,
        seen=body.fingerprint,
    )
    return _created(created, response)


def _created(created: TransitionRequest, response: HttpResponse) -> Status[RequestOut]:
    response["Location"] = request_url(created)
    return Status(HTTPStatus.CREATED, describe(created))


def _describe(request: ApiRequest, number: int) -> IncidentOut:
    incident = visible_incident_or_404(request.auth, number)
    back, lost = way_back(incident) if incident.is_open else ((), ())
    return IncidentOut(
        **_summary(incident),
        fingerprint=incident.digest,
        way_back=effects_out(back),
        lost=list(lost),
        requests=sorted(incident.transition_requests.values_list("number", flat=True)),
        may_answer=incident.is_open and may_answer(request.auth, incident),
    )


def _summary(incident: Incident) -> dict[str, Any]:
    by = incident.resolved_by
    return {
        "number": incident.number,
        "model": incident.model.name,
        "status": incident.status,
        "effects": effects_out(Effect.many(incident.effects)),
        "clue": incident.clue,
        "not_before": incident.not_before,
        "seen_at": incident.seen_at,
        "changed_at": incident.changed_at,
        "resolution": incident.resolution or None,
        "resolved_by": by.get_username() if by else None,
        "resolved_at": incident.resolved_at,
        "reason": incident.reason,
        "page": absolute_url(incident),
    }
