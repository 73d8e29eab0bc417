"""Changes of holders that nobody decided: noticing them, and what people answer."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from registry_ui.actions.holdings import move_holders
from registry_ui.events import EventType, Record, record_event
from registry_ui.models import Incident, RegisteredModel, TransitionRequest
from registry_ui.models.prepared import PreparedRow
from registry_ui.planning import Effect, compose, without

Resolution = Incident.Resolution
_open_of = PreparedRow(
    Incident, lambda model: Q(model=model, status=Incident.Status.OPEN), int
)


def note_undecided(
    model: RegisteredModel,
    effects: Sequence[Effect],
    *,
    seen_at: datetime,
    not_before: datetime | None,
    clue: str = "",
) -> None:
    """Put into the model's open incident, or a new one, what nobody decided.

    Call it in the transaction that mirrors the change, with the model locked. Nothing
    is stored where no holder changed.

    Args:
        model: whose holders changed.
        effects: what a sweep found, moves between resting stages included.
        seen_at: start of the sync that found it.
        not_before: start of the last one that did not; None if there was none.
        clue: what MLflow can tell of the change.
    """
    incident = Incident.objects.open().filter(model=model).first()
    before = Effect.many(incident.effects) if incident else ()
    net = compose(before, effects)
    if incident is None and not net:
        return
    if incident is None:
        incident = Incident.objects.create(
            model=model,
            effects=_as_json(net),
            clue=clue,
            not_before=not_before,
            seen_at=seen_at,
            changed_at=seen_at,
        )
        _record(EventType.INCIDENT_OPENED, incident, actor=None)
    elif not net:
        resolve(incident, Resolution.UNDONE, actor=None)
    elif net != before:
        incident.effects = _as_json(net)
        incident.changed_at = seen_at
        incident.save(update_fields=["effects", "changed_at"])
        _record(EventType.INCIDENT_UPDATED, incident, actor=None)
    move_holders(model, effects, at=seen_at, not_before=not_before, through=incident)


def note_decided(
    request: TransitionRequest,
    effects: Iterable[Effect],
    *,
    actor: User | None,
    record: Record,
) -> None:
    """Take out of the model's open incident what a request has decided since.

    Call it in the transaction that settles the request, with the model locked.

    Args:
        request: that is settled.
        effects: what came true of it.
        actor: who decided.
        record: given the type of the event and what it is about.
    """
    incident = _open_of(request.version.model_id)
    if incident is None:
        return
    before = Effect.many(incident.effects)
    rest = without(before, effects)
    if rest == before:
        return
    if not rest:
        is_revert = request.kind == TransitionRequest.Kind.REVERT
        resolution = Resolution.REVERTED if is_revert else Resolution.DECIDED
        number = request.number
        resolve(incident, resolution, actor=actor, record=record, by_request=number)
        return
    incident.effects = _as_json(rest)
    incident.save(update_fields=["effects"])
    _record(
        EventType.INCIDENT_UPDATED,
        incident,
        actor=actor,
        record=record,
        by_request=request.number,
    )


def resolve(
    incident: Incident,
    resolution: Incident.Resolution,
    *,
    actor: User | None,
    reason: str = "",
    record: Record = record_event,
    **details: Any,
) -> None:
    """Close an open incident, on record; call it with the model locked."""
    incident.status = Incident.Status.RESOLVED
    incident.resolution = resolution
    incident.resolved_by = actor
    incident.resolved_at = timezone.now()
    incident.reason = reason
    incident.save(
        update_fields=[
            "status",
            "resolution",
            "resolved_by",
            "resolved_at",
            "reason",
        ]
    )
    _record(
        EventType.INCIDENT_RESOLVED,
        incident,
        actor=actor,
        record=record,
        resolution=resolution.value,
        reason=reason,
        **details,
    )


def _record(
    event_type: EventType,
    incident: Incident,
    *,
    actor: User | None,
    record: Record = record_event,
    **details: Any,
) -> None:
    record(
        event_type,
        actor=actor,
        model=incident.model,
        incident=incident.number,
        effects=[str(effect) for effect in Effect.many(incident.effects)],
        **details,
    )


def _as_json(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    return [effect.as_json() for effect in effects]
