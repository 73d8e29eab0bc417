"""Emergencies: a version is put into a target first, and reviewed afterwards."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision, holdings_around
from registry_ui.actions.policies import governed_kind, policy_of
from registry_ui.actions.requests import (
    Status,
    asked_for,
    clean_comment,
    decided_on,
    store_request,
)
from registry_ui.actions.targets import check_target
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import ModelVersion, TransitionRequest
from registry_ui.planning import make_plan

Kind = TransitionRequest.Kind


@transaction.atomic
def break_glass(
    version: ModelVersion,
    target: str,
    *,
    actor: User,
    reason: str,
    archive_existing_versions: bool = False,
) -> TransitionRequest:
    """Put the version into the target at once, whatever its policy's gates say.

    What the gates said goes on record. With it a request is opened, to be decided by
    somebody else until a deadline: it says whether this was right, and nobody can
    withdraw it.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…`.
        actor: who takes it on themselves.
        reason: required.
        archive_existing_versions: the other holders of the stage.

    Raises:
        PermissionDenied: the actor does not hold Can Manage on the model.
        ActionError: the policy forbids it, there is no reason, or the target will not
            do.
    """
    if not permissions.may_break_glass(actor, version.model):
        raise PermissionDenied
    target = check_target(version, target, archive=archive_existing_versions)
    policy = policy_of(version.model.name, target, kind=governed_kind(version, target))
    rules = policy.definition
    if not rules.break_glass:
        raise ActionError(
            f"The policy {policy.label} allows no break-glass here. Ask for the"
            " transition instead."
        )
    reason = clean_comment(
        reason, required="Say what the emergency is; it goes on record with your name."
    )
    now = timezone.now()
    plan = make_plan(
        target=target,
        version=version.number,
        holdings=holdings_around(version, target, rules.moves_along),
        archive_existing=archive_existing_versions,
        moves_along=rules.moves_along,
    )
    request = TransitionRequest.objects.create(
        kind=Kind.BREAK_GLASS,
        version=version,
        target=target,
        from_stage=version.stage,
        archive_existing_versions=archive_existing_versions,
        comment=reason,
        requested_by=actor,
        created_at=now,
        status=Status.APPROVED,
        closed_by=actor,
        closed_at=now,
        due_at=now,
        plan=plan.as_json(),
        policy_name=policy.label,
    )
    due = now + rules.break_glass_review_within
    record_event(
        EventType.GLASS_BROKEN,
        actor=actor,
        request=request,
        **asked_for(request),
        review_due_at=due.isoformat(),
        **decided_on(gather_decision(request)),
    )
    _ask_for_review(request, due=due)
    return request


def _ask_for_review(request: TransitionRequest, *, due: datetime) -> None:
    store_request(
        request.version,
        request.target,
        actor=request.requested_by,
        comment=request.comment,
        kind=Kind.RETROSPECTIVE,
        follows=request,
        review_due_at=due,
    )
