"""Transition requests, turned into what calls answer."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from registry_ui.actions.decisions import Decision, gather_decision
from registry_ui.api.v1.fields import absolute_url
from registry_ui.api.v1.schemas import (
    CommentOut,
    EffectOut,
    GateOut,
    GatesOut,
    NeedsOut,
    OutcomeOut,
    RequestLinks,
    RequestOut,
    RequestSummary,
    ReviewOut,
)
from registry_ui.events import EventType
from registry_ui.models import AuditEvent, Comment, Review, TransitionRequest
from registry_ui.planning import Effect, Plan


def summarise(request: TransitionRequest) -> RequestSummary:
    """Return what lists show; needs the version, its model and both people loaded."""
    return RequestSummary(**_summary(request))


def describe(request: TransitionRequest) -> RequestOut:
    """Return the request with gates, plan, reviews, comments and outcome."""
    decision = gather_decision(request) if request.is_open else None
    stale = decision.stale_reviews if decision else {}
    reviews = request.reviews.select_related("reviewer")
    outcome = request.outcome
    return RequestOut(
        **_summary(request),
        gates=_gates_now(decision) if decision else _gates_on_record(request),
        plan=_plan(decision.plan if decision else request.plan),
        fingerprint=str(decision.fingerprint) if decision else None,
        reviews=[_review(review, stale.get(review.pk, [])) for review in reviews],
        comments=describe_comments(request),
        outcome=None if outcome is None else [OutcomeOut(**item) for item in outcome],
    )


def describe_comment(comment: Comment) -> CommentOut:
    """Return a comment with its author's name."""
    return CommentOut(
        id=comment.pk,
        author=comment.author.get_username(),
        text=comment.text,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
    )


def describe_comments(request: TransitionRequest) -> list[CommentOut]:
    """Return the comments in the discussion of a request that nobody deleted."""
    comments = request.comments.filter(deleted_at=None).select_related("author")
    return [describe_comment(comment) for comment in comments]


def describe_gates(request: TransitionRequest) -> GatesOut:
    """Return what each gate says, and why the request is not approved."""
    decision = gather_decision(request) if request.is_open else None
    gates = _gates_now(decision) if decision else _gates_on_record(request)
    blocked = [gate for gate in gates if gate.verdict != "passed"]
    is_blocked = decision is not None and bool(blocked)
    return GatesOut(
        number=request.number,
        status=TransitionRequest.Status(request.status),
        policy=decision.policy.label if decision else request.policy_name,
        is_blocked=is_blocked,
        blocked_by=[gate.name for gate in blocked] if is_blocked else [],
        remedies=[gate.remedy for gate in blocked if gate.remedy],
        gates=gates,
        fingerprint=str(decision.fingerprint) if decision else None,
    )


def effects_out(effects: Iterable[Effect]) -> list[EffectOut]:
    """Return changes of MLflow in words and in parts."""
    return [
        EffectOut(
            effect=str(effect),
            kind=effect.kind.value,
            version=effect.version,
            before=effect.before,
            after=effect.after,
            alias=effect.alias,
        )
        for effect in effects
    ]


def request_url(request: TransitionRequest) -> str:
    """Return the absolute address of the request in this API."""
    path = reverse("api_v1:get_request", kwargs={"number": request.number})
    return settings.BASE_URL.rstrip("/") + path


def _summary(request: TransitionRequest) -> dict[str, Any]:
    closed_by = request.closed_by
    return {
        "number": request.number,
        "kind": request.kind,
        "status": request.status,
        "model": request.version.model.name,
        "version": request.version.number,
        "from_stage": request.from_stage,
        "target": request.target,
        "archive_existing_versions": request.archive_existing_versions,
        "comment": request.comment,
        "requested_by": request.requested_by.get_username(),
        "created_at": request.created_at,
        "closed_by": closed_by.get_username() if closed_by else None,
        "closed_at": request.closed_at,
        "applied_at": request.applied_at,
        "follows": request.follows_id,
        "review_due_at": request.review_due_at,
        "failure": request.failure,
        "policy": request.policy_name,
        "links": RequestLinks(
            self=request_url(request),
            page=absolute_url(request),
            version=absolute_url(request.version),
        ),
    }


def _gates_now(decision: Decision) -> list[GateOut]:
    return [
        GateOut(
            name=gate.name,
            verdict=gate.verdict.value,
            explanation=gate.explanation,
            remedy=str(gate.remedy or ""),
            needs=NeedsOut.model_validate(gate.remedy) if gate.remedy else None,
        )
        for gate in decision.gates
    ]


def _gates_on_record(request: TransitionRequest) -> list[GateOut]:
    """Return what the gates said at the approval; judged anew they would mislead."""
    event = AuditEvent.objects.filter(
        request_number=request.number,
        type__in=[EventType.TRANSITION_REQUEST_APPROVED, EventType.GLASS_BROKEN],
    ).first()
    return [
        GateOut(
            name=gate["name"],
            verdict=gate["verdict"],
            explanation=gate["found"],
            remedy="",
            needs=None,
        )
        for gate in (event.details["gates"] if event else [])
    ]


def _plan(plan: Plan | dict[str, Any] | None) -> list[EffectOut]:
    if plan is None:
        return []
    if not isinstance(plan, Plan):
        plan = Plan.from_json(plan)
    return effects_out(plan.effects)


def _review(review: Review, changes: list[str]) -> ReviewOut:
    return ReviewOut(
        reviewer=review.reviewer.get_username(),
        decision=Review.Decision(review.decision),
        comment=review.comment,
        was_seen=review.was_seen,
        created_at=review.created_at,
        stale_reason=review.stale_reason or ", ".join(changes),
    )
