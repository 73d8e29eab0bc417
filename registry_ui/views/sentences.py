"""Audit events as sentences that people read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from registry_ui.events import EventType
from registry_ui.models import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    AuditEvent,
    Comment,
    Level,
)

_LONGEST_QUOTE = 280
_LONGEST_WORD = 120

_SENTENCES: dict[str, str] = {
    "mirror.filled": "{who} mirrored MLflow: {models} models, {versions} versions",
    "registered_model.created": "{who} registered the model {model}",
    "registered_model.updated": "{who} changed the description of {model}",
    "registered_model.renamed": "{who} renamed {name_before} to {model}",
    "registered_model.metrics_chosen": "{who} chose how metrics of {model} are read",
    "registered_model.deleted": "{who} deleted the model {model}",
    "registered_model_tag.set": "{who} set the tag {key} of {model} to {value}",
    "registered_model_tag.deleted": "{who} removed the tag {key} from {model}",
    "model_version.created": "{who} registered {version}",
    "model_version.updated": "{who} changed the description of {version}",
    "model_version.deleted": "{who} deleted {version}",
    "model_version.transitioned": "{who} moved {version} from {from_stage}"
    " to {to_stage}",
    "model_version_tag.set": "{who} set the tag {key} of {version} to {value}",
    "model_version_tag.deleted": "{who} removed the tag {key} from {version}",
    "model_version_alias.set": "{who} gave {version} the alias @{alias}",
    "model_version_alias.moved": "{who} moved @{alias} from v{from_version}"
    " to {version}",
    "model_version_alias.deleted": "{who} removed the alias @{alias} from {version}",
    "prompt.created": "{who} made the prompt {prompt}",
    "prompt.updated": "{who} changed the description of the prompt {prompt}",
    "prompt.renamed": "{who} renamed the prompt {name_before} to {prompt}",
    "prompt.deleted": "{who} deleted the prompt {prompt}",
    "prompt_tag.set": "{who} set the tag {key} of the prompt {prompt} to {value}",
    "prompt_tag.deleted": "{who} removed the tag {key} from the prompt {prompt}",
    "prompt_version.created": "{who} made v{prompt_version} of the prompt {prompt}",
    "prompt_version.updated": "{who} changed the description of v{prompt_version} of"
    " the prompt {prompt}",
    "prompt_version.deleted": "{who} deleted v{prompt_version} of the prompt {prompt}",
    "prompt_version.transitioned": "{who} moved v{prompt_version} of the prompt"
    " {prompt} to {to_stage}",
    "prompt_version_tag.set": "{who} set the tag {key} of v{prompt_version} of the"
    " prompt {prompt} to {value}",
    "prompt_version_tag.deleted": "{who} removed the tag {key} from v{prompt_version}"
    " of the prompt {prompt}",
    "prompt_version_alias.set": "{who} let @{alias} of the prompt {prompt} point to"
    " v{prompt_version}",
    "prompt_version_alias.deleted": "{who} removed the alias @{alias} from the prompt"
    " {prompt}",
    "transition_request.created": "{who} asked to move {version} to {target}",
    "transition_request.glass_broken": "{who} broke the glass: {version} goes to"
    " {target} before anybody else has looked",
    "transition_request.review_overdue": "Nobody has reviewed in time that {version}"
    " was put into {target} by break-glass",
    "transition_request.approved": "{who} gave the approval that {request} needed:"
    " {version} goes to {target}",
    "transition_request.rejected": "{Request} about {version} was closed as rejected",
    "transition_request.cancelled": "{who} cancelled {request} about {version}",
    "transition_request.applied": "Signoff carried out {request}: {version} is in"
    " {target}",
    "transition_request.failed": "Signoff could not carry out {request}: {version}"
    " to {target}",
    "transition_request.retried": "{who} let {request} about {version} be tried again",
    "transition_request.undo_started": "{who} had {request} about {version} undone",
    "transition_request.undone": "{Request} was undone: {version} to {target}",
    "transition_request.superseded": "{Request} about {version} was overtaken by"
    " #{by_request}",
    "transition_request.expired": "{Request} about {version} has expired",
    "incident.opened": "Changed in MLflow without a decision: incident {incident}"
    " on {model}",
    "incident.updated": "Incident {incident} on {model} changed",
    "incident.revert_started": "{who} had incident {incident} on {model} reverted",
    "incident.resolved": "Incident {incident} on {model} was {resolution}",
    "review.given": "{who} {decided} {request} about {version}",
    "comment.created": "{who} commented on {version}",
    "comment.updated": "{who} edited a comment on {version}",
    "comment.deleted": "{who} deleted a comment on {version}",
    "check.reported": "{who} reported the check {check} of {version}: {verdict}",
    "policy.created": "{who} added the policy {policy}",
    "policy.changed": "{who} changed the policy {policy}, now v{policy_version}",
    "policy.retired": "{who} retired the policy {policy}",
    "policy.reordered": "{who} changed the order of policies: {order}",
    "permission.granted": "{who} granted {level} on {model} to {holder}",
    "permission.revoked": "{who} revoked {level} on {model} from {holder}",
    "user.created": "{who} added the account {user}",
    "user.updated": "{who} changed the account {user}: {changed}",
    "group.created": "{who} added the group {group}",
    "group.updated": "{who} changed the group {group}: {changed}",
    "group.deleted": "{who} deleted the group {group}",
    "api_token.created": "{who} made the API token {name}",
    "api_token.revoked": "{who} revoked the API token {name}",
    "api_token.refused": "{calls} calls from {address} had tokens that do not work",
    "sign_in.refused": "Too many attempts to sign in came from {address}",
    "webhook.created": "{who} created the webhook to {receiver}",
    "webhook.updated": "{who} changed the webhook to {receiver}",
    "webhook.activated": "{who} activated the webhook to {receiver}",
    "webhook.disabled": "{who} disabled the webhook to {receiver}",
    "webhook.secret_rotated": "{who} gave the webhook to {receiver} a new secret",
    "webhook.secret_expired": "{who} stopped an old secret of the webhook to"
    " {receiver}",
    "webhook.warned": "The webhook to {receiver} takes nothing; it is paused on"
    " {pauses_on} if that lasts",
    "webhook.paused": "{who} paused the webhook to {receiver}",
    "webhook.resumed": "{who} resumed the webhook to {receiver}",
    "webhook.skipped": "{who} skipped the delivery of {event} to {receiver}",
    "webhook.given_up": "Signoff gave up {deliveries} deliveries to {receiver} that"
    " had waited for {days} days",
    "webhook.tested": "{who} tested the webhook to {receiver}",
    "webhook.redelivered": "{who} had {event} sent to {receiver} again",
    "webhook.redelivered_in_bulk": "{who} had deliveries sent to {receiver}"
    " again: {count}",
    "webhook.deleted": "{who} deleted the webhook to {receiver}",
    "mlflow_webhook.created": "{who} created MLflow's webhook {name} to {receiver}",
    "mlflow_webhook.updated": "{who} changed MLflow's webhook {name} to {receiver}",
    "mlflow_webhook.deleted": "{who} deleted MLflow's webhook {name} to {receiver}",
}
_AFTERWARDS = {
    "transition_request.created": "{who} asked for a review of {version} in {target}",
    "transition_request.approved": "{who} gave the approval that {request} needed:"
    " {version} in {target} was right",
    "transition_request.applied": "{Request} lets stand that {version} is in {target}",
}
"""Of a review after the fact."""
_RIPENED = "{Request} has passed its last gate: {version} goes to {target}"
"""An approval that a check or the clock completed, and nobody's act."""

_ICONS = {
    "mirror": "refresh-cw",
    "registered_model": "box",
    "registered_model_tag": "tag",
    "model_version": "package",
    "model_version_tag": "tag",
    "model_version_alias": "at-sign",
    "prompt": "message-square-text",
    "prompt_tag": "tag",
    "prompt_version": "message-square-text",
    "prompt_version_tag": "tag",
    "prompt_version_alias": "at-sign",
    "transition_request": "git-pull-request-arrow",
    "review": "user-check",
    "incident": "siren",
    "comment": "message-square",
    "check": "list-checks",
    "permission": "shield",
    "policy": "shield-check",
    "user": "user",
    "group": "users",
    "api_token": "key-round",
    "sign_in": "key-round",
    "webhook": "webhook",
    "mlflow_webhook": "webhook",
}
_LOOKS = {
    "model_version.transitioned": ("arrow-right-left", ""),
    "transition_request.created": ("git-pull-request-arrow", "brand"),
    "transition_request.glass_broken": ("siren", "bad"),
    "transition_request.review_overdue": ("siren", "bad"),
    "transition_request.approved": ("circle-check", "ok"),
    "transition_request.applied": ("check-check", "ok"),
    "transition_request.rejected": ("circle-x", "bad"),
    "transition_request.failed": ("circle-alert", "bad"),
    "transition_request.undone": ("undo-2", ""),
    "transition_request.cancelled": ("ban", ""),
    "transition_request.expired": ("timer-off", "warn"),
    "comment.updated": ("pencil", ""),
    "comment.deleted": ("trash-2", ""),
    "incident.opened": ("siren", "bad"),
    "incident.updated": ("siren", "warn"),
    "webhook.warned": ("triangle-alert", "warn"),
    "webhook.paused": ("circle-pause", "bad"),
    "webhook.resumed": ("circle-play", ""),
    "webhook.skipped": ("skip-forward", ""),
    "webhook.given_up": ("trash-2", "warn"),
    "registered_model.deleted": ("trash-2", "warn"),
    "model_version.deleted": ("trash-2", "warn"),
    "prompt.deleted": ("trash-2", "warn"),
    "prompt_version.deleted": ("trash-2", "warn"),
}


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event as a row of the activity.

    `person` is the actor, as a name where the account is gone; empty where nobody is
    known. `written` is what was written along with it, `quote` the begin of that. `url`
    leads to what it is about.
    """

    event: AuditEvent
    person: User | str
    label: str
    sentence: str
    written: str
    quote: str
    url: str
    icon: str
    tone: str


class _Words(dict[str, str]):
    """What a sentence may name; what an event does not say is shown as unknown."""

    def __missing__(self, key: str) -> str:
        return "(unknown)"


def event_lines(events: Iterable[AuditEvent]) -> list[EventLine]:
    """Return a line an event, in the given order; one query for all the people.

    What a comment said is not quoted once it is deleted, though it stays on record.
    """
    events = list(events)
    names = {event.actor_name for event in events if event.actor_name}
    people = User.objects.in_bulk(names, field_name="username")
    silenced = _deleted_comments(events)
    return [_line(event, people.get(event.actor_name), silenced) for event in events]


def _deleted_comments(events: Iterable[AuditEvent]) -> set[int]:
    """Return which of the comments that the events are about are deleted by now."""
    about = [e for e in events if e.type.startswith("comment.")]
    pks = {e.details["comment_id"] for e in about if "comment_id" in e.details}
    if not pks:
        return set()
    gone = Comment.objects.filter(pk__in=pks).exclude(deleted_at=None)
    return set(gone.values_list("pk", flat=True))


def _line(event: AuditEvent, person: User | None, silenced: set[int]) -> EventLine:
    details = event.details
    is_silenced = details.get("comment_id") in silenced
    entity = event.type.partition(".")[0]
    icon, tone = _LOOKS.get(event.type, (_ICONS.get(entity, "circle-dot"), ""))
    known = event.type in EventType.values
    template = _SENTENCES.get(event.type, "{who}: {type}")
    if details.get("kind") == "retrospective":
        template = _AFTERWARDS.get(event.type, template)
    elif event.type == EventType.TRANSITION_REQUEST_APPROVED and not event.actor_name:
        template = _RIPENED
    written = "" if is_silenced else _written(details)
    return EventLine(
        event=event,
        person=person or event.actor_name,
        label=EventType(event.type).label if known else event.type,
        sentence=template.format_map(_words(event, details, person)),
        written=written,
        quote=_shortened(written, _LONGEST_QUOTE),
        url=_address(event),
        icon=icon,
        tone=tone,
    )


def _words(event: AuditEvent, details: dict[str, Any], person: User | None) -> _Words:
    words = _Words(
        {
            key: _shortened(_as_text(value), _LONGEST_WORD)
            for key, value in details.items()
            if value is not None
        }
    )
    words["who"] = _who(event, details, person)
    words["type"] = event.type
    words["model"] = event.model_name or "all models"
    if event.version_number is not None:
        words["version"] = f"{event.model_name} v{event.version_number}"
    if event.request_number is not None:
        words["request"] = f"request #{event.request_number}"
        words["Request"] = f"Request #{event.request_number}"
    for counted in ("models", "versions"):
        if isinstance(details.get(counted), int):
            words[counted] = f"{details[counted]:,}"
    if "target" in details:
        target = str(details["target"]).removeprefix(STAGE_PREFIX)
        alias = target.removeprefix(ALIAS_PREFIX)
        words["target"] = target if alias == target else f"@{alias}"
    if details.get("level") in Level.__members__:
        words["level"] = Level[details["level"]].label
    if holder := details.get("user") or details.get("group"):
        words["holder"] = str(holder)
    is_approval = details.get("decision") == "approve"
    words["decided"] = "approved" if is_approval else "rejected"
    return words


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _who(event: AuditEvent, details: dict[str, Any], person: User | None) -> str:
    if person is not None:
        return person.get_full_name() or person.get_username()
    if event.actor_name:
        return event.actor_name
    return "Somebody in MLflow" if details.get("through") == "mlflow" else "Signoff"


def _written(details: dict[str, Any]) -> str:
    written = details.get("comment") or details.get("reason") or details.get("text")
    return str(written or "; ".join(details.get("effects", ())))


def _address(event: AuditEvent) -> str:
    if event.request_number is not None:
        return reverse("registry_ui:request_detail", args=[event.request_number])
    if event.type.startswith("policy.") and "policy" in event.details:
        return reverse("registry_ui:policy_detail", args=[event.details["policy"]])
    if "incident" in event.details:
        return reverse("registry_ui:incident_detail", args=[event.details["incident"]])
    if event.version_number is not None:
        numbered = [event.model_name, event.version_number]
        return reverse("registry_ui:version_detail", args=numbered)
    if event.model_name:
        return reverse("registry_ui:model_detail", args=[event.model_name])
    return reverse("registry_ui:event_detail", args=[event.position])


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
