"""Who changed what of a webhook, as lines to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.timesince import timeuntil

from registry_ui.models import AuditEvent
from registry_ui.views.sentences import EventLine, event_lines
from webhooks_ui.models import EventName, Webhook

SHOWN_CHANGES = 10
_LONGEST_VALUE = 120
_LABELS = {
    "kind": "Kind",
    "url": "Host",
    "job_id": "Job",
    "workspace_url": "Workspace",
    "payload_format": "Payload",
    "events": "Events",
    "description": "Description",
    "enable_ssl_verification": "Certificate",
    "secret": "Secret",
    "authorization": "Authorization",
    "status": "Status",
}
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_CREDENTIALS = frozenset({"secret", "authorization", "access_token"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What became of one field; of a credential, `old` is empty and `new` says all."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change: who, when, and what of each field."""

    line: EventLine
    changes: list[FieldChange]


def history_of(webhook: Webhook) -> tuple[list[HistoryLine], bool]:
    """Return the latest changes, the newest first, and whether there are more."""
    pointers = webhook.changes.select_related("event")[: SHOWN_CHANGES + 1]
    events = [pointer.event for pointer in pointers]
    shown = events[:SHOWN_CHANGES]
    lines = [
        HistoryLine(line, _changes(event))
        for line, event in zip(event_lines(shown), shown, strict=True)
    ]
    return lines, len(events) > SHOWN_CHANGES


def _changes(event: AuditEvent) -> list[FieldChange]:
    details = event.details
    if "grace_seconds" in details:
        return [FieldChange("Old ones", "", _of_grace(details["grace_seconds"]))]
    before, after = details.get("before", {}), details.get("after", {})
    if "status_before" in details:
        before = {"status": details["status_before"]}
        after = {"status": details["status"]}
    changes = [_change(name, before, after) for name in details.get("changed", after)]
    return [change for change in changes if change is not None]


def _change(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> FieldChange | None:
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    if name not in before or name not in after:  # recorded before this was kept
        return FieldChange(label, "", "changed")
    old, new = before[name], after[name]
    if name in _CREDENTIALS or (isinstance(new, bool) and name not in _LABELS):
        return FieldChange(label, "", _of_credential(is_set=new, was_set=old))
    if name == "events":
        return FieldChange(label, _names(old, but=new), _names(new, but=old))
    if name == "url" and old == new:
        return FieldChange("URL", "", "path changed")
    return FieldChange(label, _in_words(old), _in_words(new))


def _of_credential(*, is_set: bool, was_set: bool) -> str:
    if not is_set:
        return "removed"
    return "replaced" if was_set else "set"


def _of_grace(seconds: int) -> str:
    """Return how long the old secrets sign, in words."""
    if not seconds:
        return "stopped at once"
    words = timeuntil(timedelta(seconds=seconds) + _SOME_TIME, _SOME_TIME, depth=2)
    return f"sign for {words} more"


def _names(names: list[str], *, but: list[str]) -> str:
    """Return the names that the other list lacks, in plain words."""
    words = [
        EventName(name).label if name in EventName.values else name
        for name in names
        if name not in but
    ]
    return _cut(", ".join(words))


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "verified" if value else "not verified"
    if value in Webhook.Status.values:
        return str(Webhook.Status(value).label)
    return _cut(str(value)) or "none"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
