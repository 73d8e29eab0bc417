"""Recording what came of a plan, in one transaction with the mirror of it.

Only the holder of the claim on the request can, and only once.
"""

import logging
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from registry_ui.actions.decisions import aliases_of
from registry_ui.actions.holdings import move_holders
from registry_ui.actions.incidents import note_decided
from registry_ui.actions.mirror_effects import mirror_effect
from registry_ui.actions.requests import Status, change_of
from registry_ui.actions.undo import record_undone, way_back
from registry_ui.events import EventBatch, EventType
from registry_ui.models import ModelVersion, RegisteredModel, TransitionRequest
from registry_ui.models.prepared import PreparedRow, PreparedSave
from registry_ui.planning import (
    MODEL,
    PROMPT,
    Effect,
    Holdings,
    Plan,
    outcome,
    without,
)

logger = logging.getLogger(__name__)
_twins = PreparedRow(
    TransitionRequest,
    lambda version, target: Q(version=version, status=Status.OPEN, target=target),
    int,
    str,
    is_locked=True,
)
_save_if_claimed = PreparedSave(
    TransitionRequest,
    "status",
    "applied_at",
    "outcome",
    "failure",
    "due_at",
    by=("pk", "claim_token", "status"),
)
_save_written_at = PreparedSave(RegisteredModel, "written_at")
_version = PreparedRow(
    ModelVersion, lambda model, number: Q(model=model, number=number), int, int
)


@transaction.atomic
def settle_applied(request: TransitionRequest, plan: Plan, found: Holdings) -> bool:
    """Record that the plan came true, and mirror it; only the claim's holder can.

    Returns:
        False where the claim was lost, so that somebody else sees to it. The caller's
        copy of the request is not what is stored then.
    """
    request.status = Status.APPLIED
    request.applied_at = timezone.now()
    request.outcome = outcome(plan, found)
    request.failure = ""
    request.due_at = None
    if not _save_if_claimed(request, status=Status.APPLYING):
        return False
    twins = _locked_twins(request)
    batch = EventBatch()
    _mirror(request, plan.effects, batch)
    batch.add(
        EventType.TRANSITION_REQUEST_APPLIED,
        actor=request.closed_by,
        request=request,
        **change_of(request),
        outcome=request.outcome,
        attempts=request.attempt_count,
    )
    _supersede(twins, request, batch)
    batch.record()
    logger.info("request applied request=%d", request.number)
    return True


@transaction.atomic
def settle_undone(request: TransitionRequest, plan: Plan, found: Holdings) -> None:
    """Record that what had come true was taken back; only the claim's holder can."""
    if not _is_claim_held(request):
        return
    _, lost = way_back(request)
    request.status = Status.UNDONE
    request.outcome = outcome(Plan.from_json(request.plan or {}), found)
    request.failure = ""
    request.due_at = None
    request.save(update_fields=["status", "outcome", "failure", "due_at"])
    batch = EventBatch()
    _mirror(request, plan.effects, batch)
    batch.record()
    record_undone(request, plan.effects, lost)
    logger.info("request undone request=%d", request.number)


def _is_claim_held(request: TransitionRequest) -> bool:
    """Lock the request, unless the claim on it is no longer this worker's.

    Nobody else changes it while it is, so the worker's own copy is what is stored.
    """
    rows = TransitionRequest.objects.select_for_update(no_key=True)
    mine = rows.filter(claim_token=request.claim_token, status=Status.APPLYING)
    return mine.filter(pk=request.pk).values_list("pk").first() is not None


def _locked_twins(request: TransitionRequest) -> list[TransitionRequest]:
    """Lock the open requests for the same; like all rows, before the first event.

    An event holds the lock of the chain until the commit. Whoever then waited for a row
    whose holder waits for the chain would wait for ever.
    """
    same = _twins.every(request.version_id, request.target)
    # Asked for in the query, SQLite would look through all requests that follow none.
    return [twin for twin in same if twin.follows_id is None]


def _mirror(
    request: TransitionRequest, effects: Sequence[Effect], batch: EventBatch
) -> None:
    """Bring what came true into the mirror and on record, with the model locked.

    What is mirrored already is on record already: of an attempt before, or as done by
    somebody else.
    """
    model = request.version.model
    model.written_at = now = timezone.now()
    model = request.version.model = _locked_as_written(model)
    versions = _versions(model, {effect.version for effect in effects})
    mirrored = _mirrored(model, versions.values(), effects)
    changes = [
        effect
        for effect in effects
        # With a retrospective request nothing changes, whatever is mirrored.
        if effect.before != effect.after and effect.current(mirrored) != effect.after
    ]
    for effect in changes:
        if version := versions.get(effect.version):
            version.model = model
        mirror_effect(effect, model, version, request, batch.add)
    move_holders(model, changes, at=now, through=request, versions=versions)
    note_decided(request, effects, actor=request.acting_for, record=batch.add)


def _locked_as_written(model: RegisteredModel) -> RegisteredModel:
    """Store that we wrote to the model, which locks it; return it as it is."""
    found = _save_written_at.locked(model)
    if found is None:  # nothing deletes a row of a model
        raise RegisteredModel.DoesNotExist
    return found


def _versions(model: RegisteredModel, numbers: set[int]) -> dict[int, ModelVersion]:
    rows: Iterable[ModelVersion]
    if len(numbers) == 1:
        rows = _version.every(model.pk, *numbers)
    else:
        rows = model.versions.filter(number__in=numbers)
    return {version.number: version for version in rows}


def _mirrored(
    model: RegisteredModel, versions: Iterable[ModelVersion], effects: Iterable[Effect]
) -> Holdings:
    has_aliases = any(effect.alias for effect in effects)
    return Holdings(
        {version.number: version.stage for version in versions},
        aliases_of(model.pk) if has_aliases else {},
        model.name,
        PROMPT if model.is_prompt else MODEL,
    )


def _supersede(
    twins: list[TransitionRequest], request: TransitionRequest, batch: EventBatch
) -> None:
    """Close what others asked for and is now so."""
    for twin in twins:
        twin.version = request.version
        twin.status = Status.SUPERSEDED
        twin.closed_by = request.closed_by
        twin.closed_at = timezone.now()
        twin.save(update_fields=["status", "closed_by", "closed_at"])
        batch.add(
            EventType.TRANSITION_REQUEST_SUPERSEDED,
            actor=request.closed_by,
            request=twin,
            **change_of(twin),
            by_request=request.number,
        )


@transaction.atomic
def settle_failed(
    request: TransitionRequest,
    reason: str,
    plan: Plan | None = None,
    found: Holdings | None = None,
    *,
    is_ours: bool = True,
) -> None:
    """Record that a plan did not come true, and mirror the part of it that did.

    Args:
        request: that was to be applied or undone.
        reason: what stood in the way.
        plan: what was to be done; None, with `found`, where the model is gone.
        found: what MLflow holds.
        is_ours: did this plan do what of it is so? Else nobody decided that.
    """
    if not _is_claim_held(request):
        return
    was_undo = request.is_being_undone
    done: list[Effect] = []
    if plan and found and is_ours:
        done = [e for e in plan.effects if e.current(found) == e.after != e.before]
    batch = EventBatch()
    if done:
        _mirror(request, done, batch)
    if not was_undo:
        earlier = without(Effect.many(request.carried_out), done)
        request.carried_out = [effect.as_json() for effect in (*earlier, *done)]
    request.status = Status.FAILED
    request.failure = f"It could not be undone: {reason}" if was_undo else reason
    approved = Plan.from_json(request.plan or {})
    request.outcome = outcome(approved, found) if found else None
    request.due_at = None
    request.undone_by = None
    request.save(
        update_fields=[
            "status",
            "failure",
            "carried_out",
            "outcome",
            "due_at",
            "undone_by",
        ]
    )
    batch.add(
        EventType.TRANSITION_REQUEST_FAILED,
        actor=None,
        request=request,
        **change_of(request),
        reason=request.failure,
        outcome=request.outcome,
        was_undo=was_undo,
    )
    batch.record()
    logger.error("request failed request=%d", request.number)
