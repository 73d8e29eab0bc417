"""Reading the audit log: who may read what, and whether it is what was written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from registry_ui import permissions
from registry_ui.models import GENESIS, AuditEvent, RegisteredModel, chain_hash

_CHUNK = 2000

REPEATED_COLUMNS = (
    "position",
    "type",
    "recorded_at",
    "actor_name",
    "model_pk",
    "model_name",
    "version_number",
    "request_number",
)
"""Columns that repeat parts of the sealed body; pages search and show by them."""


def visible_events(user: User) -> QuerySet[AuditEvent]:
    """Return the events that the user may read, newest first.

    Events about a model go with the model; those about none are read by who manages
    the registry, and by who acted.
    """
    events = AuditEvent.objects.order_by("-position")
    if permissions.may_manage_registry(user):
        return events
    readable = RegisteredModel.objects.visible_to(user).values("pk")
    own = Q(model_pk=None, actor_name=user.get_username())
    return events.filter(Q(model_pk__in=readable) | own)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a walk along the chain found."""

    count: int
    """Rows that are in order; all of them, if there is no fault."""
    head: str
    """Hash of the last row that is in order."""
    fault: str = ""
    """A sentence about the first row that is not; empty if the chain holds."""


def verify_audit_log() -> ChainReport:
    """Walk along the stored chain, in memory that does not grow with it."""
    events = AuditEvent.objects.order_by("position").iterator(chunk_size=_CHUNK)
    return verify_chain(events)


def verify_chain(events: Iterable[AuditEvent]) -> ChainReport:
    """Check each row's place, seal and columns, up to the first fault.

    A chain that was cut off at its end still holds: compare `head` and `count` with
    what you noted elsewhere.

    Args:
        events: all rows, by position.
    """
    count, head = 0, GENESIS
    for event in events:
        if fault := _fault(event, position=count + 1, previous_hash=head):
            return ChainReport(count, head, fault)
        count, head = event.position, event.hash
    return ChainReport(count, head)


def _fault(event: AuditEvent, *, position: int, previous_hash: str) -> str:
    name = f"Row {event.position}"
    if event.position != position:
        return f"{name} follows row {position - 1}: what was between is missing."
    if event.previous_hash != previous_hash:
        return f"{name} does not carry the hash of the row before it."
    if event.hash != chain_hash(previous_hash, event.body):
        return f"{name} was changed: its hash is not that of its body."
    differing = _differing_columns(event)
    if differing:
        return f"{name} differs from its sealed body in: {', '.join(differing)}."
    return ""


def _differing_columns(event: AuditEvent) -> list[str]:
    try:
        body = json.loads(event.body)
    except ValueError:
        return ["everything, since the body is not JSON"]
    return [
        column
        for column in REPEATED_COLUMNS
        if _as_sealed(getattr(event, column)) != body.get(column)
    ]


def _as_sealed(value: Any) -> Any:
    """Return a column's value as `record_event` writes it into the body."""
    return value.isoformat() if isinstance(value, datetime) else value
