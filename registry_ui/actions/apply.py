"""Carrying out a plan, or its way back: intent, observe, apply, read back, settle.

The intent is the row that the approval, or the undo, committed. Each worker claims it
with a lease, reads what MLflow holds, acts if that is still needed, reads back, and
settles in one transaction that only the holder of the claim can make. A worker that
dies at any point is followed by another one after the lease, which sees in MLflow how
far things got.
"""

import logging
import secrets
import time
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.mirror import locked_models
from registry_ui.actions.outcomes import (
    settle_applied,
    settle_failed,
    settle_undone,
)
from registry_ui.actions.request_files import (
    READING,
    asks_for_files,
    read_request_files,
)
from registry_ui.actions.requests import Status
from registry_ui.actions.undo import way_back
from registry_ui.mlflow_client import (
    PROMPT_TAG,
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
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
)

Kind = TransitionRequest.Kind
logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""More than the deadlines of all calls that one application makes."""
LONGEST_WAIT = timedelta(seconds=60)


def apply_due_requests(client: MLflowClient) -> int:
    """Apply every plan that is due; return how many were worked on."""
    count = 0
    while (request := _claim()) is not None:
        apply_claimed(request, client)
        count += 1
    return count


def apply_at_once(request: TransitionRequest, client: MLflowClient) -> bool:
    """Apply one approved plan in this process; False where a worker was quicker.

    Where this process dies, or MLflow is away, a worker takes the plan over.
    """
    if not _is_claimed(request.pk, request.version.model_id):
        return False
    rows = TransitionRequest.objects.select_related("version__model")
    apply_claimed(rows.get(pk=request.pk), client)
    return True


def wait_until_settled(request: TransitionRequest, *, seconds: float) -> bool:
    """Wait for a worker, so that the reviewer sees the result; True if it is there.

    Nothing depends on it: the plan is applied whether or not anybody waits. For an open
    request no worker has anything to do.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        request.refresh_from_db(fields=["status"])
        if request.is_settled or request.is_open:
            return request.is_settled
        time.sleep(0.05)
    return False


def _claim() -> TransitionRequest | None:
    """Take one due request, or none; two workers never hold the same claim."""
    due = TransitionRequest.objects.in_flight().filter(due_at__lte=timezone.now())
    for pk, model_pk in due.order_by("due_at").values_list("pk", "version__model"):
        if _is_claimed(pk, model_pk):
            return TransitionRequest.objects.select_related("version__model").get(pk=pk)
    return None


def claim() -> dict[str, Any]:
    """Return the columns of a request that a worker has claimed, from now on."""
    return {
        "status": Status.APPLYING,
        "claim_token": secrets.token_hex(16),
        "due_at": timezone.now() + LEASE,
    }


@transaction.atomic
def _is_claimed(pk: int, model_pk: int) -> bool:
    """Claim a due request, unless another plan for its model is being carried out.

    Two at once would each see the other's half, and undo it. Nor is any begun on a
    model that is being renamed or deleted.
    """
    now = timezone.now()
    if locked_models([model_pk])[model_pk].is_closed(now):
        return False
    in_flight = TransitionRequest.objects.in_flight()
    at_work = in_flight.filter(status=Status.APPLYING, due_at__gt=now)
    if at_work.filter(version__model=model_pk).exists():
        return False
    claimed = in_flight.filter(pk=pk, due_at__lte=now).update(
        **claim(), attempt_count=F("attempt_count") + 1
    )
    return bool(claimed)


def apply_claimed(
    request: TransitionRequest, client: MLflowClient, *, has_acted: bool = False
) -> None:
    """Carry out the plan of a request that is claimed, and settle it.

    Args:
        request: with its version and model.
        client: of MLflow.
        has_acted: was something of it done already? Of an attempt before this one
            nobody knows how far it got.
    """
    may_have_acted = has_acted or request.attempt_count > 1
    try:
        _carry_out(request, _due_plan(request), client, may_have_acted)
    except MLflowUnavailable as error:
        postpone(request, str(error))
    except MLflowNotFound:
        settle_failed(request, f"MLflow has {request.version} no longer.")
    except MLflowError as error:
        settle_failed(request, f"MLflow refused: {error}")


def _due_plan(request: TransitionRequest) -> Plan:
    """Return what was approved, or what takes back what came true of it."""
    plan = Plan.from_json(request.plan or {})
    if not request.is_being_undone:
        return plan
    back, _ = way_back(request)
    return Plan(plan.target, plan.version, back, archives=False)


def _carry_out(
    request: TransitionRequest, plan: Plan, client: MLflowClient, may_have_acted: bool
) -> None:
    """Observe, act if that is still needed, read back, and settle.

    Raises:
        MLflowError: MLflow could not be read, or not be reached.
    """
    since = "this failed" if request.is_being_undone else "this was approved"
    if _has_gates(request) and asks_for_files(request):
        # Before all else, as it takes a while in which other things may change.
        _mine(request).update(due_at=timezone.now() + READING)
        read_request_files(request, client)
    found = _observe(client, request, plan)
    state, reason = assess(plan, found, since=since)
    refusal = ""
    if state is State.READY:
        is_untouched = all(e.current(found) == e.before for e in plan.effects)
        if is_untouched and (shut := _shut_gates(request)):
            settle_failed(request, shut, plan, found, is_ours=may_have_acted)
            return
        may_have_acted = True
        refusal = _act(plan, found, client)
        found = _observe(client, request, plan)
        state, reason = assess(plan, found, since=since)
    if state is not State.DONE:
        reason = reason or refusal or "MLflow took the change, but does not show it."
        settle_failed(request, reason, plan, found, is_ours=may_have_acted)
    elif request.is_being_undone:
        settle_undone(request, plan, found)
    else:
        settle_applied(request, plan, found)


def _has_gates(request: TransitionRequest) -> bool:
    """Is the plan carried out only if its gates have not shut meanwhile?"""
    has_none = request.kind in (Kind.REVERT, Kind.BREAK_GLASS)
    return not request.is_being_undone and not has_none


def _shut_gates(request: TransitionRequest) -> str:
    """Say which gates have shut since the approval; empty if it still holds.

    A way back restores what was decided before, and has none; a break-glass waits for
    none.
    """
    if not _has_gates(request):
        return ""
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


def _act(plan: Plan, found: Holdings, client: MLflowClient) -> str:
    """Do what of the plan is not so yet; each call may be repeated without harm.

    Returns:
        What MLflow refused, with which it ended; empty if nothing was.

    Raises:
        MLflowUnavailable: whether the last call took effect is not known.
    """
    try:
        for effect in plan.effects:
            if _is_missing(effect, plan, found):
                _bring_about(effect, plan, found.name, client)
    except MLflowRefused as error:
        return f"MLflow refused: {error}"
    return ""


def _is_missing(effect: Effect, plan: Plan, found: Holdings) -> bool:
    """Is the effect not so yet, or one of those that come with it?"""
    is_move = effect.kind is EffectKind.TRANSITION
    along = [e for e in plan.effects if is_move and e.kind is EffectKind.ARCHIVE]
    return any(e.current(found) != e.after for e in (effect, *along))


def _bring_about(effect: Effect, plan: Plan, name: str, client: MLflowClient) -> None:
    """Do one effect; archiving comes with the transition, in MLflow's transaction."""
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


def postpone(request: TransitionRequest, reason: str) -> None:
    """Leave a request that is claimed to a worker, after a while."""
    wait = min(timedelta(seconds=2**request.attempt_count), LONGEST_WAIT)
    _mine(request).update(
        due_at=timezone.now() + wait, failure=f"{reason} Trying again by itself."
    )
    logger.warning("apply postponed request=%d wait=%s", request.number, wait)


def _mine(request: TransitionRequest) -> Any:
    """Return the row, as long as the claim on it is still this worker's."""
    return TransitionRequest.objects.filter(
        Q(status=Status.APPLYING), pk=request.pk, claim_token=request.claim_token
    )
