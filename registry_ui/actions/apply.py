"""Carrying out an approved plan: intent, observe, apply, read back, settle.

The intent is the row that the approval committed. Each worker claims it with a lease,
reads what MLflow holds, acts if that is still needed, reads back, and settles in one
transaction that only the holder of the claim can make. A worker that dies at any point
is followed by another one after the lease, which sees in MLflow how far things got.
"""

import logging
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.holdings import move_holders
from registry_ui.actions.incidents import note_decided
from registry_ui.actions.mirror import locked_models
from registry_ui.actions.mirror_effects import mirror_effect
from registry_ui.actions.request_files import (
    READING,
    asks_for_files,
    read_request_files,
)
from registry_ui.actions.requests import Status, locked
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import (
    PROMPT_TAG,
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowUnavailable,
)
from registry_ui.models import TransitionRequest
from registry_ui.planning import (
    MODEL,
    PROMPT,
    Effect,
    EffectKind,
    Holdings,
    Plan,
    State,
    assess,
    outcome,
)

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""More than the deadlines of all calls that one application makes."""
LONGEST_WAIT = timedelta(seconds=60)


def apply_due_requests(client: MLflowClient) -> int:
    """Apply every plan that is due; return how many were worked on."""
    count = 0
    while (request := _claim()) is not None:
        _apply(request, client)
        count += 1
    return count


def wait_until_settled(request: TransitionRequest, *, seconds: float) -> bool:
    """Wait for a worker, so that the reviewer sees the result; True if it is there.

    Nothing depends on it: the plan is applied whether or not anybody waits.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        request.refresh_from_db(fields=["status"])
        if request.is_settled:
            return True
        time.sleep(0.05)
    return False


def _claim() -> TransitionRequest | None:
    """Take one due request, or none; two workers never hold the same claim."""
    now = timezone.now()
    due = TransitionRequest.objects.in_flight().filter(due_at__lte=now)
    for pk in due.order_by("due_at").values_list("pk", flat=True):
        token = secrets.token_hex(16)
        claimed = due.filter(pk=pk).update(
            status=Status.APPLYING,
            claim_token=token,
            due_at=now + LEASE,
            attempt_count=F("attempt_count") + 1,
        )
        if claimed:
            return TransitionRequest.objects.select_related("version__model").get(pk=pk)
    return None


def _apply(request: TransitionRequest, client: MLflowClient) -> None:
    plan = Plan.from_json(request.plan or {})
    # Of an attempt before this one nobody knows how far it got.
    may_have_acted = request.attempt_count > 1
    try:
        state, reason = assess(plan, found := _observe(client, request, plan))
        is_untouched = all(e.current(found) == e.before for e in plan.effects)
        if (
            state is State.READY
            and is_untouched
            and (shut := _shut_gates(request, client))
        ):
            _settle_failed(request, plan, shut, found, is_ours=may_have_acted)
            return
        if state is State.READY:
            may_have_acted = True
            _act(plan, found.name, client)
            state, reason = assess(plan, found := _observe(client, request, plan))
    except MLflowUnavailable as error:
        _postpone(request, str(error))
    except MLflowNotFound:
        _settle_failed(request, plan, f"MLflow has {request.version} no longer.")
    except MLflowError as error:
        reason = f"MLflow refused: {error}"
        _settle_failed(request, plan, reason, _observed(client, request, plan))
    else:
        if state is State.DONE:
            _settle_applied(request, plan, found)
        else:
            reason = reason or "MLflow took the change, but does not show it."
            _settle_failed(request, plan, reason, found, is_ours=may_have_acted)


def _shut_gates(request: TransitionRequest, client: MLflowClient) -> str:
    """Say which gates have shut since the approval; empty if it still holds.

    A revert restores what was decided before, and has none.
    """
    if request.kind == TransitionRequest.Kind.REVERT:
        return ""
    if asks_for_files(request):
        _mine(request).update(due_at=timezone.now() + READING)
        read_request_files(request, client)
    decision = gather_decision(request)
    found = " ".join(f"{gate.name}: {gate.explanation}" for gate in decision.gates_left)
    return f"Since the approval a gate has shut. {found} Ask again." if found else ""


def _observe(client: MLflowClient, request: TransitionRequest, plan: Plan) -> Holdings:
    """Read who holds what, under the name that the model bears before or after."""
    model = request.version.model
    name = model.name
    renamed = [e.after for e in plan.effects if e.kind is EffectKind.RENAME]
    try:
        holders = client.holders(name)
    except MLflowNotFound:
        if not renamed:
            raise
        (name,) = renamed
        holders = client.holders(name)
    if holders.created_at != model.created_at:
        # Deleted and made again: this one nobody has decided on.
        raise MLflowNotFound(404, "RESOURCE_DOES_NOT_EXIST", "It is another model.")
    stages = {
        number: stage for stage, numbers in holders.stages.items() for number in numbers
    }
    state = PROMPT if holders.is_prompt else MODEL
    return Holdings(stages, holders.aliases, name, state)


def _observed(
    client: MLflowClient, request: TransitionRequest, plan: Plan
) -> Holdings | None:
    """Read how far a refused plan got; None where that cannot be read either."""
    try:
        return _observe(client, request, plan)
    except MLflowError:
        return None


def _act(plan: Plan, name: str, client: MLflowClient) -> None:
    """Do all of the plan; each call may be repeated without harm.

    MLflow archives the other holders in the same transaction as the transition.
    """
    for effect in plan.effects:
        match effect.kind:
            case EffectKind.TRANSITION:
                client.transition_stage(
                    name, effect.version, effect.after, archive_existing=plan.archives
                )
            case EffectKind.SET_ALIAS:
                client.set_alias(name, effect.alias, int(effect.after))
            case EffectKind.DELETE_ALIAS:
                client.delete_alias(name, effect.alias)
            case EffectKind.MODEL:
                client.delete_model_tag(name, PROMPT_TAG)
            case EffectKind.RENAME if name != effect.after:
                client.rename_model(name, effect.after)


def _postpone(request: TransitionRequest, reason: str) -> None:
    wait = min(timedelta(seconds=2**request.attempt_count), LONGEST_WAIT)
    _mine(request).update(
        due_at=timezone.now() + wait, failure=f"{reason} Trying again by itself."
    )
    logger.warning("apply postponed request=%d wait=%s", request.number, wait)


@transaction.atomic
def _settle_applied(request: TransitionRequest, plan: Plan, found: Holdings) -> None:
    """Record that the plan came true, and mirror it; only the claim's holder can."""
    locked_request = _locked_claim(request)
    if locked_request is None:
        return
    request = locked_request
    twins = _locked_twins(request)
    now = timezone.now()
    request.status = Status.APPLIED
    request.applied_at = now
    request.outcome = outcome(plan, found)
    request.failure = ""
    request.due_at = None
    request.save(update_fields=["status", "applied_at", "outcome", "failure", "due_at"])
    _mirror(request, plan.effects)
    record_event(
        EventType.TRANSITION_REQUEST_APPLIED,
        actor=request.closed_by,
        request=request,
        target=request.target,
        outcome=request.outcome,
        attempts=request.attempt_count,
    )
    _supersede(twins, request, request.closed_by)
    logger.info("request applied request=%d", request.number)


def _locked_claim(request: TransitionRequest) -> TransitionRequest | None:
    """Lock the request; None where the claim on it is no longer this worker's."""
    claim = request.claim_token
    request = locked(request)
    is_mine = request.claim_token == claim and request.status == Status.APPLYING
    return request if is_mine else None


def _locked_twins(request: TransitionRequest) -> list[TransitionRequest]:
    """Lock the open requests for the same; like all rows, before the first event.

    An event holds the lock of the chain until the commit. Whoever then waited for a row
    whose holder waits for the chain would wait for ever.
    """
    twins = TransitionRequest.objects.open().filter(
        version=request.version, target=request.target
    )
    return list(twins.order_by("pk").select_for_update(no_key=True))


def _mirror(request: TransitionRequest, effects: Sequence[Effect]) -> None:
    """Bring what came true into the mirror and on record, with the model locked."""
    pk = request.version.model_id
    model = locked_models([pk])[pk]
    now = timezone.now()
    model.written_at = now
    model.save(update_fields=["written_at"])
    # What was so already, as with a retrospective request, is no change.
    changes = [effect for effect in effects if effect.before != effect.after]
    rows = model.versions.filter(number__in=[effect.version for effect in changes])
    versions = {version.number: version for version in rows}
    for effect in changes:
        if version := versions.get(effect.version):
            version.model = model
        mirror_effect(effect, model, version, request)
    move_holders(model, changes, at=now, through=request)
    note_decided(request, effects, actor=request.closed_by)


def _supersede(
    twins: list[TransitionRequest], request: TransitionRequest, actor: User | None
) -> None:
    """Close what others asked for and is now so."""
    for twin in twins:
        twin.version = request.version
        twin.status = Status.SUPERSEDED
        twin.closed_by = actor
        twin.closed_at = timezone.now()
        twin.save(update_fields=["status", "closed_by", "closed_at"])
        record_event(
            EventType.TRANSITION_REQUEST_SUPERSEDED,
            actor=actor,
            request=twin,
            by_request=request.number,
        )


@transaction.atomic
def _settle_failed(
    request: TransitionRequest,
    plan: Plan,
    reason: str,
    found: Holdings | None = None,
    *,
    is_ours: bool = True,
) -> None:
    """Record that the plan did not come true, and mirror the part of it that did.

    Args:
        request: whose plan it is.
        plan: as it was approved.
        reason: what stood in the way.
        found: what MLflow holds; None where that cannot be read.
        is_ours: did this plan do what of it is so? Else nobody decided that.
    """
    locked_request = _locked_claim(request)
    if locked_request is None:
        return
    request = locked_request
    request.status = Status.FAILED
    request.failure = reason
    request.outcome = outcome(plan, found) if found else None
    request.due_at = None
    request.save(update_fields=["status", "failure", "outcome", "due_at"])
    if found and is_ours:
        done = [e for e in plan.effects if e.current(found) == e.after != e.before]
        if done:
            _mirror(request, done)
    record_event(
        EventType.TRANSITION_REQUEST_FAILED,
        actor=None,
        request=request,
        target=request.target,
        reason=reason,
        outcome=request.outcome,
    )
    logger.error("request failed request=%d", request.number)


def _mine(request: TransitionRequest) -> Any:
    """Return the row, as long as the claim on it is still this worker's."""
    return TransitionRequest.objects.filter(
        Q(status=Status.APPLYING), pk=request.pk, claim_token=request.claim_token
    )
