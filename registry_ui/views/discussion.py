"""What people say of a version or a request, as who reads it sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from registry_ui import permissions
from registry_ui.actions.mentions import people_mentioned
from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Comment, ModelVersion, TransitionRequest

_COMMENTS = "comment."


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment, and what the reader may do with it; nothing once it is deleted."""

    comment: Comment
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a request's timeline: a remark, or what an event tells.

    `person` is the actor, as a name where the account is gone; empty where nobody is
    known. `details` is what the event says besides.
    """

    at: datetime
    remark: Remark | None = None
    event: AuditEvent | None = None
    person: User | str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a comment said from an instant on."""

    at: datetime
    text: str


def remarks_on(
    user: User, version: ModelVersion, comments: Iterable[Comment]
) -> list[Remark]:
    """Return comments on a version, loaded with author and deleter, for a reader."""
    remarks = []
    for comment in comments:
        comment.version = version  # whose model the permissions ask for
        is_live = not comment.is_deleted
        remarks.append(
            Remark(
                comment,
                may_edit=is_live and permissions.may_edit_comment(user, comment),
                may_delete=is_live and permissions.may_delete_comment(user, comment),
            )
        )
    return remarks


def timeline_of(user: User, ask: TransitionRequest) -> list[Entry]:
    """Return what was said and what happened, oldest first.

    Comments come from their rows, which know what became of them, and not from the
    events that record them.
    """
    comments = ask.comments.select_related("author", "deleted_by")
    entries = [
        Entry(remark.comment.created_at, remark=remark)
        for remark in remarks_on(user, ask.version, comments)
    ]
    return sorted([*_happened(ask), *entries], key=lambda entry: entry.at)


def _happened(ask: TransitionRequest) -> list[Entry]:
    events = list(
        AuditEvent.objects.filter(request_number=ask.number)
        .exclude(type__startswith=_COMMENTS)
        .order_by("position")
    )
    names = {event.actor_name for event in events if event.actor_name}
    people = User.objects.in_bulk(names, field_name="username")
    return [
        Entry(
            event.recorded_at,
            event=event,
            person=people.get(event.actor_name, event.actor_name),
            details=event.details,
        )
        for event in events
    ]


def mentioned_by(ask: TransitionRequest, timeline: Iterable[Entry]) -> dict[str, str]:
    """Return whom a request's reason and timeline mention: full names by user name."""
    texts = [ask.comment]
    for entry in timeline:
        remark = entry.remark
        texts.append(
            remark.comment.text if remark else entry.details.get("comment", "")
        )
    return people_mentioned(ask.version.model, texts)


def wordings_of(comment: Comment) -> list[Wording]:
    """Return what a comment said from when on, oldest first, out of the audit log."""
    changes = AuditEvent.objects.filter(
        type=EventType.COMMENT_UPDATED,
        model_pk=comment.version.model_id,
        version_number=comment.version.number,
    )
    found = [
        (event.recorded_at, event.details)
        for event in changes.order_by("position")
        if event.details["comment_id"] == comment.pk
    ]
    first = found[0][1]["before"] if found else comment.text
    return [
        Wording(comment.created_at, first),
        *(Wording(at, details["comment"]) for at, details in found),
    ]
