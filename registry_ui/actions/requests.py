"""Asking for a transition, withdrawing the ask, approving it, trying it again."""

from typing import Any
from unicodedata import category

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.decisions import Decision, gather_decision, with_review
from registry_ui.actions.mentions import mentioned_in
from registry_ui.actions.policies import (
    governed_kind,
    policy_of,
    policy_of_request,
)
from registry_ui.actions.targets import check_target, kind_of
from registry_ui.errors import ActionError, AlreadyExistsError
from registry_ui.events import EventType, record_event
from registry_ui.models import (
    ALIAS_PREFIX,
    COMMENT_LENGTH,
    STAGE_PREFIX,
    MirrorState,
    ModelVersion,
    Review,
    TransitionRequest,
)

Status = TransitionRequest.Status
_UNSEEN = {"Cc", "Cf"}
_BLANKS = "\u034f\u115f\u1160\u2800\u3164\uffa0"
"""Fillers and joiners that are no white space, and look like it."""


def locked(request: TransitionRequest) -> TransitionRequest:
    """Read the request again under a row lock; the caller's copy may be stale.

    Without joins: PostgreSQL reads what is joined as it was before the wait for the
    lock, so that who closed it meanwhile would be missing. `no_key`: a comment that
    refers to the row holds the chain of events when it commits; it must not wait for
    one who waits for the chain.
    """
    rows = TransitionRequest.objects.select_for_update(no_key=True)
    return rows.get(pk=request.pk)


def clean_comment(comment: str, *, required: str = "") -> str:
    """Return the comment with plain line ends, and no white space around it.

    Args:
        comment: what was typed.
        required: the sentence to refuse an empty one with; empty: it may be empty.

    Raises:
        ActionError: it is empty where it may not be, or longer than 65,535 characters.
    """
    # Browsers send both characters at each end of a line.
    comment = comment.replace("\r\n", "\n").strip()
    if required and _shows_nothing(comment):
        raise ActionError(required)
    if len(comment) > COMMENT_LENGTH:
        raise ActionError(
            f"The comment has {len(comment):,} characters; {COMMENT_LENGTH:,} fit."
        )
    return comment


def _shows_nothing(text: str) -> bool:
    """Is there nothing in it that a reader would see?"""
    return all(
        sign.isspace() or sign in _BLANKS or category(sign) in _UNSEEN for sign in text
    )


@transaction.atomic
def create_request(
    version: ModelVersion,
    target: str,
    *,
    actor: User,
    comment: str,
    archive_existing_versions: bool = False,
) -> TransitionRequest:
    """Ask to put the version into the target.

    Raises:
        PermissionDenied: the actor may not read the model.
        AlreadyExistsError: the actor has an open request for the same.
        ActionError: the target or the comment will not do.
    """
    if not permissions.may_request(actor, version.model):
        raise PermissionDenied
    target = check_target(version, target, archive=archive_existing_versions)
    return store_request(
        version,
        target,
        actor=actor,
        comment=comment,
        archive_existing_versions=archive_existing_versions,
        kind=kind_of(version, target),
    )


def store_request(
    version: ModelVersion,
    target: str,
    *,
    actor: User,
    comment: str,
    archive_existing_versions: bool = False,
    **columns: Any,
) -> TransitionRequest:
    """Store a request for a target that was found to do, on record.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…`.
        actor: asks.
        comment: required.
        archive_existing_versions: the other holders of the stage.
        columns: more of the request's, such as its kind.

    Raises:
        AlreadyExistsError: the actor has an open request for the same.
        ActionError: the comment will not do.
    """
    comment = clean_comment(
        comment, required="Say why in a sentence: reviewers read it first."
    )
    request = TransitionRequest(
        version=version,
        target=target,
        from_stage=version.stage,
        archive_existing_versions=archive_existing_versions,
        comment=comment,
        requested_by=actor,
        **columns,
    )
    request.policy_name = policy_of_request(request).label
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        raise AlreadyExistsError(
            f"You already have an open request to put {version} into"
            f" {_label(target)}. Cancel it first, or comment there."
        ) from None
    record_event(
        EventType.TRANSITION_REQUEST_CREATED,
        actor=actor,
        request=request,
        **asked_for(request),
    )
    return request


def asked_for(request: TransitionRequest) -> dict[str, Any]:
    """Return what goes on record of what is asked for, and why."""
    details = {
        **change_of(request),
        "comment": request.comment,
        "mentions": mentioned_in(request.comment, request.version.model),
        "archive_existing_versions": request.archive_existing_versions,
    }
    answered = {"incident": request.incident_id} if request.incident_id else {}
    return details | answered


def change_of(request: TransitionRequest) -> dict[str, Any]:
    """Return what goes on record of the change that a request is about."""
    return {
        "kind": request.kind,
        "from_stage": request.from_stage,
        "to_stage": request.to_stage,
        "target": request.target,
    }


def _label(target: str) -> str:
    """Return the target as people say it: `Production`, `@champion`."""
    stage = target.removeprefix(STAGE_PREFIX)
    return stage if stage != target else f"@{target.removeprefix(ALIAS_PREFIX)}"


@transaction.atomic
def transition_directly(
    version: ModelVersion,
    target: str,
    *,
    actor: User,
    comment: str,
    archive_existing_versions: bool = False,
) -> TransitionRequest:
    """Move the version by a request that decides itself.

    Raises:
        PermissionDenied: the actor lacks the level, or the policy wants four eyes.
        ActionError: as `create_request`.
    """
    policy = policy_of(version.model.name, target, kind=governed_kind(version, target))
    is_allowed = policy.definition.direct and permissions.may_decide(
        actor, version.model, from_stage=version.stage, target=target
    )
    if not is_allowed:
        raise PermissionDenied
    request = create_request(
        version,
        target,
        actor=actor,
        comment=comment,
        archive_existing_versions=archive_existing_versions,
    )
    approve_own(request, actor=actor)
    return request


def approve_own(request: TransitionRequest, *, actor: User) -> None:
    """Let a request decide itself, where the policy allows direct changes."""
    decision = gather_decision(request)
    review = request.reviews.create(
        reviewer=actor,
        decision=Review.Decision.APPROVE,
        fingerprint=str(decision.fingerprint),
    )
    settle(request, with_review(decision, review), actor=actor)


def settle(
    request: TransitionRequest, decision: Decision, *, actor: User | None
) -> None:
    """Approve the request if its last gate has passed: freeze the plan, queue it.

    Call it inside the transaction of whatever may have made a gate pass, with the
    request locked. Nothing is approved by what a mirror says that is too old.

    Args:
        request: that may be ripe.
        decision: as it stands now.
        actor: whose act it was; None: a check's or the clock's.
    """
    if not request.is_open or not decision.is_approvable:
        return
    if MirrorState.load().why_stale(timezone.now()):
        return
    now = timezone.now()
    changes_something = bool(decision.plan.effects)
    request.status = Status.APPROVED if changes_something else Status.APPLIED
    request.plan = decision.plan.as_json()
    request.closed_by = actor
    request.closed_at = now
    request.due_at = now if changes_something else None
    request.applied_at = None if changes_something else now
    request.policy_name = decision.policy.label
    request.save(
        update_fields=[
            "status",
            "plan",
            "closed_by",
            "closed_at",
            "due_at",
            "applied_at",
            "policy_name",
        ]
    )
    record_event(
        EventType.TRANSITION_REQUEST_APPROVED,
        actor=actor,
        request=request,
        **change_of(request),
        **decided_on(decision),
    )


def decided_on(decision: Decision) -> dict[str, Any]:
    """Return what goes on record of the facts that a plan was frozen on."""
    return {
        "policy": decision.policy.label,
        "gates": [
            {"name": gate.name, "verdict": gate.verdict, "found": gate.explanation}
            for gate in decision.gates
        ],
        "plan": [str(effect) for effect in decision.plan.effects],
        "fingerprint": str(decision.fingerprint),
    }


@transaction.atomic
def cancel_request(
    request: TransitionRequest, *, actor: User, comment: str = ""
) -> TransitionRequest:
    """Withdraw an open request.

    Raises:
        PermissionDenied: neither its requester nor a manager of the model.
        ActionError: it is open no longer.
    """
    request = locked(request)
    if not permissions.may_cancel(actor, request):
        raise PermissionDenied
    refuse_unless_open(request)
    close(request, Status.CANCELLED, actor=actor)
    record_event(
        EventType.TRANSITION_REQUEST_CANCELLED,
        actor=actor,
        request=request,
        **change_of(request),
        comment=clean_comment(comment),
    )
    return request


@transaction.atomic
def retry_request(request: TransitionRequest, *, actor: User) -> TransitionRequest:
    """Let a worker try a failed plan again, as it was approved.

    Raises:
        PermissionDenied: the actor does not hold the level that decides on it.
        ActionError: it has not failed.
    """
    request = locked(request)
    if not permissions.may_review(actor, request):
        raise PermissionDenied
    if request.status != Status.FAILED:
        raise ActionError(
            f"Only a failed request can be retried; this is {request.status}."
        )
    request.status = Status.APPLYING
    request.failure = ""
    request.due_at = timezone.now()
    request.attempt_count = 0
    request.claim_token = ""
    request.save(
        update_fields=["status", "failure", "due_at", "attempt_count", "claim_token"]
    )
    record_event(EventType.TRANSITION_REQUEST_RETRIED, actor=actor, request=request)
    return request


def refuse_unless_open(request: TransitionRequest) -> None:
    """Say by whom and when a request was decided that is open no longer.

    Raises:
        ActionError: with that sentence.
    """
    if request.is_open:
        return
    words = "approved" if request.plan else request.get_status_display().lower()
    who = (
        request.closed_by.get_full_name() or str(request.closed_by)
        if (request.closed_by)
        else "the system"
    )
    when = f"{request.closed_at:%d %b %Y, %H:%M:%S} UTC" if request.closed_at else ""
    raise ActionError(f"This request was already {words} by {who} on {when}.")


def close(request: TransitionRequest, status: Status, *, actor: User | None) -> None:
    """Store that an open request came to an end without being applied."""
    request.status = status
    request.closed_by = actor
    request.closed_at = timezone.now()
    request.save(update_fields=["status", "closed_by", "closed_at"])
