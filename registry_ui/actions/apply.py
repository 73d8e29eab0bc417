"""Carrying out an approved plan: intent, observe, apply, read back, settle.

The intent is the row that the approval committed. Each worker claims it with a lease,
reads what MLflow holds, acts if that is still needed, reads back, and settles in one
transaction that only the holder of the claim can make. A worker that dies at any point
is followed by another one after the lease, which sees in MLflow how far things got.
"""

import logging
import secrets
import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from registry_ui.actions.requests import Status, locked
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import (
    Holders,
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowUnavailable,
)
from registry_ui.models import Alias, ModelVersion, RegisteredModel, TransitionRequest
from registry_ui.planning import (
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
    name = request.version.model.name
    try:
        state, reason = assess(plan, found := _observe(client, name))
        if state is State.READY:
            _act(plan, name, client)
            state, reason = assess(plan, found := _observe(client, name))
    except MLflowUnavailable as error:
        _postpone(request, str(error))
    except MLflowNotFound:
        _settle_failed(request, f"MLflow has {request.version} no longer.", None)
    except MLflowError as error:
        _settle_failed(request, f"MLflow refused: {error}", None)
    else:
        if state is State.DONE:
            _settle_applied(request, plan, found)
        else:
            reason = reason or "MLflow took the change, but does not show it."
            _settle_failed(request, reason, outcome(plan, found))


def _observe(client: MLflowClient, name: str) -> Holdings:
    holders: Holders = client.holders(name)
    stages = {
        number: stage for stage, numbers in holders.stages.items() for number in numbers
    }
    return Holdings(stages, holders.aliases)


def _act(plan: Plan, name: str, client: MLflowClient) -> None:
    """Do all of the plan; each call may be repeated without harm.

    MLflow archives the other holders in the same transaction as the transition.
    """
    for effect in plan.effects:
        if effect.kind is EffectKind.TRANSITION:
            client.transition_stage(
                name, effect.version, effect.after, archive_existing=plan.archives
            )
        elif effect.kind is EffectKind.SET_ALIAS:
            client.set_alias(name, effect.alias, effect.version)


def _postpone(request: TransitionRequest, reason: str) -> None:
    wait = min(timedelta(seconds=2**request.attempt_count), LONGEST_WAIT)
    _mine(request).update(
        due_at=timezone.now() + wait, failure=f"{reason} Trying again by itself."
    )
    logger.warning("apply postponed request=%d wait=%s", request.number, wait)


@transaction.atomic
def _settle_applied(request: TransitionRequest, plan: Plan, found: Holdings) -> None:
    """Record that the plan came true, and mirror it; only the claim's holder can."""
    claim = request.claim_token
    request = locked(request)
    if request.claim_token != claim or request.status != Status.APPLYING:
        return
    twins = _locked_twins(request)
    now = timezone.now()
    request.status = Status.APPLIED
    request.applied_at = now
    request.outcome = outcome(plan, found)
    request.failure = ""
    request.due_at = None
    request.save(update_fields=["status", "applied_at", "outcome", "failure", "due_at"])
    model = request.version.model
    RegisteredModel.objects.filter(pk=model.pk).update(written_at=now)
    versions = _locked_versions(request, plan)
    actor = request.closed_by
    for effect in plan.effects:
        _mirror(effect, versions[effect.version], request, actor)
    record_event(
        EventType.TRANSITION_REQUEST_APPLIED,
        actor=actor,
        request=request,
        target=request.target,
        outcome=request.outcome,
        attempts=request.attempt_count,
    )
    _supersede(twins, request, actor)
    logger.info("request applied request=%d", request.number)


def _locked_twins(request: TransitionRequest) -> list[TransitionRequest]:
    """Lock the open requests for the same; like all rows, before the first event.

    An event holds the lock of the chain until the commit. Whoever then waited for a row
    whose holder waits for the chain would wait for ever.
    """
    twins = TransitionRequest.objects.open().filter(
        version=request.version, target=request.target
    )
    return list(twins.order_by("pk").select_for_update(no_key=True))


def _locked_versions(request: TransitionRequest, plan: Plan) -> dict[int, ModelVersion]:
    """Lock the versions that the plan moves, in the order of a sweep; by number."""
    model = request.version.model
    versions = ModelVersion.objects.filter(
        model=model, number__in=[effect.version for effect in plan.effects]
    )
    rows = {
        version.number: version
        for version in versions.order_by("pk").select_for_update(no_key=True)
    }
    for version in rows.values():
        version.model = model
    return rows


def _mirror(
    effect: Effect,
    version: ModelVersion,
    request: TransitionRequest,
    actor: User | None,
) -> None:
    """Bring one effect into the mirror and on record."""
    model = request.version.model
    common: dict[str, Any] = {
        "actor": actor,
        "version": version,
        "request": request,
        "through": "request",
    }
    if effect.kind is EffectKind.SET_ALIAS:
        Alias.objects.update_or_create(
            model=model, name=effect.alias, defaults={"version": version}
        )
        moved = EventType.ALIAS_MOVED if effect.before else EventType.ALIAS_SET
        record_event(moved, alias=effect.alias, from_version=effect.before, **common)
        return
    version.stage = effect.after
    version.save(update_fields=["stage"])
    record_event(
        EventType.MODEL_VERSION_TRANSITIONED,
        from_stage=effect.before,
        to_stage=effect.after,
        is_side_effect=effect.kind is EffectKind.ARCHIVE,
        **common,
    )


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
    request: TransitionRequest, reason: str, found: list[dict[str, Any]] | None
) -> None:
    settled = _mine(request).update(
        status=Status.FAILED, failure=reason, outcome=found, due_at=None
    )
    if not settled:
        return
    record_event(
        EventType.TRANSITION_REQUEST_FAILED,
        actor=None,
        request=request,
        target=request.target,
        reason=reason,
        outcome=found,
    )
    logger.error("request failed request=%d", request.number)


def _mine(request: TransitionRequest) -> Any:
    """Return the row, as long as the claim on it is still this worker's."""
    return TransitionRequest.objects.filter(
        Q(status=Status.APPLYING), pk=request.pk, claim_token=request.claim_token
    )
