"""The audit log: what happened, and whether it is what was written."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import Path, Query, Router, Schema
from pydantic import Field, JsonValue

from registry_ui import permissions
from registry_ui.actions.audit import verify_audit_log, visible_events
from registry_ui.api.authentication import ApiRequest, needs
from registry_ui.api.texts import Text
from registry_ui.api.v1.fields import MODEL, REFUSALS, Moment, Number, examples
from registry_ui.api.v1.lookups import refuse_invisible_model
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Scope

router = Router(tags=["Audit"])

EXAMPLE: dict[str, JsonValue] = {
    "position": 812,
    "type": "transition_request.approved",
    "recorded_at": "2026-01-05T09:00:00Z",
    "actor": "ravi",
    "model": "churn",
    "version": 7,
    "request": 12,
    "details": {"comment": "Looks right."},
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class EventPath(Schema):
    """Names an event."""

    position: Number = Field(description="Position in the log, counted from 1.")


class EventFilter(PageQuery):
    """Which events to list."""

    type: EventType | None = None
    model: Text | None = Field(
        None, description=f"{MODEL} As it was called at the event."
    )
    actor: Text | None = Field(None, description="User name of who did it.")
    request: Number | None = Field(None, description="Number of a request.")
    since: Moment | None = Field(None, description="Recorded at this instant or later.")
    until: Moment | None = Field(None, description="Recorded before this instant.")


class EventOut(Schema):
    """One thing that happened."""

    model_config = examples(EXAMPLE)

    position: int = Field(description="Place in the log, without gaps.")
    type: str
    recorded_at: datetime
    actor: str = Field(description="User name; empty: Signoff itself.")
    model: str = Field(description="Empty: it is about no model.")
    version: int | None
    request: int | None
    details: dict[str, JsonValue]
    hash: str = Field(description="SHA-256, which seals it and all before it.")


class SealedEventOut(EventOut):
    """An event with the exact text that was sealed."""

    model_config = examples(
        EXAMPLE
        | {
            "body": '{"actor":"ravi","position":812}',
            "previous_hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f55",
        }
    )

    body: str = Field(description="What was hashed, after the hash before it.")
    previous_hash: str


class EventList(PageOut):
    """A page of events, newest first."""

    events: list[EventOut]


class ChainOut(Schema):
    """What a walk along the whole log found."""

    model_config = examples(
        {"is_intact": True, "count": 812, "head": "9f86d0…", "fault": ""}
    )

    is_intact: bool
    count: int = Field(description="Events in order, from the first one on.")
    head: str = Field(
        description="Hash of the last of them. A log that was cut off at its end is"
        " still in order: compare with what you noted elsewhere."
    )
    fault: str = Field(description="What is wrong with the next one; else empty.")


@router.get("/audit", response={200: EventList, **REFUSALS}, summary="List events")
@needs(Scope.READ)
def list_events(request: ApiRequest, filters: Query[EventFilter]) -> EventList:
    """List what happened to models that you may read, newest first.

    What is about no model is listed for administrators, and for who did it.
    """
    found = visible_events(request.auth)
    if filters.model is not None:
        refuse_invisible_model(request.auth, filters.model)
    exact = {
        "type": filters.type,
        "model_name": filters.model,
        "actor_name": filters.actor,
        "request_number": filters.request,
        "recorded_at__gte": filters.since,
        "recorded_at__lt": filters.until,
    }
    found = found.filter(**{k: v for k, v in exact.items() if v is not None})
    rows, cursor = page_by(found, filters, "-position")
    return EventList(
        events=[EventOut(**_description(row)) for row in rows], next_cursor=cursor
    )


@router.get("/audit/chain", response={200: ChainOut, **REFUSALS}, summary="Verify")
@needs(Scope.READ)
def verify_chain(request: ApiRequest) -> ChainOut:
    """Check the place and the seal of every event; administrators only.

    It reads the whole log, which takes seconds where that is long.
    """
    if not permissions.may_manage_registry(request.auth):
        raise PermissionDenied
    report = verify_audit_log()
    return ChainOut(
        is_intact=not report.fault,
        count=report.count,
        head=report.head,
        fault=report.fault,
    )


@router.get(
    "/audit/{position}",
    response={200: SealedEventOut, **REFUSALS},
    summary="Read an event",
)
@needs(Scope.READ)
def get_event(request: ApiRequest, path: Path[EventPath]) -> SealedEventOut:
    """Read an event with the exact text that was sealed."""
    event = visible_events(request.auth).filter(position=path.position).first()
    if event is None:
        raise Http404(f"There is no event {path.position}, or you may not read it.")
    return SealedEventOut(
        **_description(event), body=event.body, previous_hash=event.previous_hash
    )


def _description(event: AuditEvent) -> dict[str, Any]:
    return {
        "position": event.position,
        "type": event.type,
        "recorded_at": event.recorded_at,
        "actor": event.actor_name,
        "model": event.model_name,
        "version": event.version_number,
        "request": event.request_number,
        "details": event.details,
        "hash": event.hash,
    }
