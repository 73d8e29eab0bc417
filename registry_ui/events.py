"""Names of events and what records them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from registry_ui.models import (
    AuditBody,
    AuditEvent,
    ModelVersion,
    RegisteredModel,
    TransitionRequest,
)

SCHEMA = 1

events_recorded = Signal()
"""Sent inside the change's transaction, with `records`: one `Recorded` an event, in
their order."""

reading_wished = Signal()
"""Sent inside the transaction that stores the wish: somebody waits for MLflow to be
read. The sender is what is wished for: `Evidence`, `Hint` or `MetricHistory`. No audit
event, since nothing of the registry changes."""

people_notified = Signal()
"""Sent inside the change's transaction, with `notifications`: the rows just stored."""


class EventType(models.TextChoices):
    """Everything that can be on record; `entity.past_participle`."""

    MIRROR_FILLED = "mirror.filled", "Registry mirrored"
    REGISTERED_MODEL_CREATED = "registered_model.created", "Model created"
    REGISTERED_MODEL_UPDATED = "registered_model.updated", "Model described"
    REGISTERED_MODEL_RENAMED = "registered_model.renamed", "Model renamed"
    METRICS_CHOSEN = "registered_model.metrics_chosen", "Metrics chosen"
    REGISTERED_MODEL_DELETED = "registered_model.deleted", "Model deleted"
    REGISTERED_MODEL_TAG_SET = "registered_model_tag.set", "Model tag set"
    REGISTERED_MODEL_TAG_DELETED = "registered_model_tag.deleted", "Model tag deleted"
    MODEL_VERSION_CREATED = "model_version.created", "Version created"
    MODEL_VERSION_UPDATED = "model_version.updated", "Version described"
    MODEL_VERSION_DELETED = "model_version.deleted", "Version deleted"
    MODEL_VERSION_TRANSITIONED = "model_version.transitioned", "Stage changed"
    MODEL_VERSION_TAG_SET = "model_version_tag.set", "Version tag set"
    MODEL_VERSION_TAG_DELETED = "model_version_tag.deleted", "Version tag deleted"
    ALIAS_SET = "model_version_alias.set", "Alias set"
    ALIAS_MOVED = "model_version_alias.moved", "Alias moved"
    ALIAS_DELETED = "model_version_alias.deleted", "Alias deleted"
    PROMPT_CREATED = "prompt.created", "Prompt created"
    PROMPT_UPDATED = "prompt.updated", "Prompt described"
    PROMPT_RENAMED = "prompt.renamed", "Prompt renamed"
    PROMPT_DELETED = "prompt.deleted", "Prompt deleted"
    PROMPT_TAG_SET = "prompt_tag.set", "Prompt tag set"
    PROMPT_TAG_DELETED = "prompt_tag.deleted", "Prompt tag deleted"
    PROMPT_VERSION_CREATED = "prompt_version.created", "Prompt version made"
    PROMPT_VERSION_UPDATED = "prompt_version.updated", "Prompt version described"
    PROMPT_VERSION_DELETED = "prompt_version.deleted", "Prompt version deleted"
    PROMPT_VERSION_TRANSITIONED = "prompt_version.transitioned", "Prompt stage changed"
    PROMPT_VERSION_TAG_SET = "prompt_version_tag.set", "Prompt version tag set"
    PROMPT_VERSION_TAG_DELETED = (
        "prompt_version_tag.deleted",
        "Prompt version tag deleted",
    )
    PROMPT_ALIAS_SET = "prompt_version_alias.set", "Prompt alias set"
    PROMPT_ALIAS_DELETED = "prompt_version_alias.deleted", "Prompt alias deleted"
    TRANSITION_REQUEST_CREATED = "transition_request.created", "Transition requested"
    GLASS_BROKEN = "transition_request.glass_broken", "Glass broken"
    REVIEW_OVERDUE = "transition_request.review_overdue", "Review overdue"
    TRANSITION_REQUEST_APPROVED = "transition_request.approved", "Request approved"
    TRANSITION_REQUEST_REJECTED = "transition_request.rejected", "Request rejected"
    TRANSITION_REQUEST_CANCELLED = "transition_request.cancelled", "Request cancelled"
    TRANSITION_REQUEST_APPLIED = "transition_request.applied", "Request applied"
    TRANSITION_REQUEST_FAILED = "transition_request.failed", "Request failed"
    TRANSITION_REQUEST_RETRIED = "transition_request.retried", "Request retried"
    TRANSITION_REQUEST_UNDO_STARTED = "transition_request.undo_started", "Undo begun"
    TRANSITION_REQUEST_UNDONE = "transition_request.undone", "Request undone"
    TRANSITION_REQUEST_EXPIRED = "transition_request.expired", "Request expired"
    TRANSITION_REQUEST_SUPERSEDED = "transition_request.superseded", "Superseded"
    INCIDENT_OPENED = "incident.opened", "Incident opened"
    INCIDENT_UPDATED = "incident.updated", "Incident changed"
    INCIDENT_REVERT_STARTED = "incident.revert_started", "Revert begun"
    INCIDENT_RESOLVED = "incident.resolved", "Incident resolved"
    REVIEW_GIVEN = "review.given", "Review given"
    COMMENT_CREATED = "comment.created", "Comment written"
    COMMENT_UPDATED = "comment.updated", "Comment edited"
    COMMENT_DELETED = "comment.deleted", "Comment deleted"
    CHECK_REPORTED = "check.reported", "Check reported"
    POLICY_CREATED = "policy.created", "Policy added"
    POLICY_CHANGED = "policy.changed", "Policy changed"
    POLICY_RETIRED = "policy.retired", "Policy retired"
    POLICY_REORDERED = "policy.reordered", "Policies reordered"
    PERMISSION_GRANTED = "permission.granted", "Permission granted"
    PERMISSION_REVOKED = "permission.revoked", "Permission revoked"
    USER_CREATED = "user.created", "Person added"
    USER_UPDATED = "user.updated", "Person changed"
    GROUP_CREATED = "group.created", "Group added"
    GROUP_UPDATED = "group.updated", "Group changed"
    GROUP_DELETED = "group.deleted", "Group deleted"
    API_TOKEN_CREATED = "api_token.created", "Token created"
    API_TOKEN_REVOKED = "api_token.revoked", "Token revoked"
    API_TOKEN_REFUSED = "api_token.refused", "Tokens refused"
    SIGN_IN_REFUSED = "sign_in.refused", "Sign-ins refused"
    WEBHOOK_CREATED = "webhook.created", "Webhook created"
    WEBHOOK_UPDATED = "webhook.updated", "Webhook changed"
    WEBHOOK_ACTIVATED = "webhook.activated", "Webhook activated"
    WEBHOOK_DISABLED = "webhook.disabled", "Webhook disabled"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated", "Secret rotated"
    WEBHOOK_SECRET_EXPIRED = "webhook.secret_expired", "Secret stopped"
    WEBHOOK_WARNED = "webhook.warned", "Webhook fails"
    WEBHOOK_PAUSED = "webhook.paused", "Webhook paused"
    WEBHOOK_RESUMED = "webhook.resumed", "Webhook resumed"
    WEBHOOK_SKIPPED = "webhook.skipped", "Delivery skipped"
    WEBHOOK_GIVEN_UP = "webhook.given_up", "Deliveries given up"
    WEBHOOK_TESTED = "webhook.tested", "Webhook tested"
    WEBHOOK_REDELIVERED = "webhook.redelivered", "Delivery sent again"
    WEBHOOK_REDELIVERED_IN_BULK = "webhook.redelivered_in_bulk", "Deliveries sent again"
    WEBHOOK_DELETED = "webhook.deleted", "Webhook deleted"
    MLFLOW_WEBHOOK_CREATED = "mlflow_webhook.created", "MLflow webhook created"
    MLFLOW_WEBHOOK_UPDATED = "mlflow_webhook.updated", "MLflow webhook changed"
    MLFLOW_WEBHOOK_DELETED = "mlflow_webhook.deleted", "MLflow webhook deleted"


class Recorded(NamedTuple):
    """An event that was just recorded, and the request that it is about, as it is."""

    event: AuditEvent
    request: TransitionRequest | None


class EventBatch:
    """Events that go on record together: what each alone would ask is asked once.

    Nothing is on record before `record`, so call that in the change's transaction.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[AuditBody, TransitionRequest | None]] = []

    def add(
        self,
        event_type: EventType,
        *,
        actor: User | None,
        model: RegisteredModel | None = None,
        version: ModelVersion | None = None,
        request: TransitionRequest | None = None,
        **details: Any,
    ) -> None:
        """Add what happened now; the arguments are those of `record_event`."""
        version = version or (request.version if request else None)
        model = model or (version.model if version else None)
        now = timezone.now()
        columns = {
            "type": event_type.value,
            "recorded_at": now,
            "actor_name": actor.get_username() if actor else "",
            "model_pk": model.pk if model else None,
            "model_name": model.name if model else "",
            "version_number": version.number if version else None,
            "request_number": request.number if request else None,
        }
        body = {
            "schema": SCHEMA,
            "actor_id": actor.pk if actor else None,
            "details": details,
            **columns,
            "recorded_at": now.isoformat(),
        }
        self._waiting.append((AuditBody(body, columns), request))

    def record(self) -> list[AuditEvent]:
        """Append what was added, in its order, and tell the receivers."""
        waiting, self._waiting = self._waiting, []
        events = AuditEvent.objects.append([body for body, _ in waiting])
        requests = [request for _, request in waiting]
        records = [Recorded(*pair) for pair in zip(events, requests, strict=True)]
        events_recorded.send(sender=AuditEvent, records=records)
        return events


Record = Callable[..., object]
"""What puts events on record: `record_event`, or the `add` of a batch."""


def record_event(
    event_type: EventType,
    *,
    actor: User | None,
    model: RegisteredModel | None = None,
    version: ModelVersion | None = None,
    request: TransitionRequest | None = None,
    **details: Any,
) -> AuditEvent:
    """Append an audit event in the current transaction and tell the receivers.

    Args:
        event_type: what happened.
        actor: who did it; None where nobody is known (seen in MLflow, or the clock).
        model: the subject; taken from the version or the request where these are given.
        version: the subject, or the version that the request is about.
        request: the subject.
        details: JSON values that say more, such as `from_stage`; never a secret.
    """
    batch = EventBatch()
    batch.add(
        event_type,
        actor=actor,
        model=model,
        version=version,
        request=request,
        **details,
    )
    (event,) = batch.record()
    return event
