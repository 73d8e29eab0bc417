"""What the clock and new facts do to open requests: they ripen, or they expire."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import policies_in_force, policy_of_request
from registry_ui.actions.requests import Status, change_of, close, locked, settle
from registry_ui.events import EventType, record_event
from registry_ui.gates import expires_at
from registry_ui.models import ModelVersion, Review, TransitionRequest
from registry_ui.policies import Policy


def judge_open_requests() -> int:
    """Approve what has become ripe and close what has expired; return how many.

    What a person or a check does is judged at once; this finds what time alone and
    news from MLflow have changed. Each request is a transaction of its own.
    """
    policies = policies_in_force()
    return sum(_judge(request, policies) for request in _that_time_may_change(policies))


def lock_open_requests(version: ModelVersion) -> list[TransitionRequest]:
    """Lock the open requests about a version; like all rows, before the first event."""
    rows = TransitionRequest.objects.open().filter(version=version)
    return list(rows.order_by("pk").select_for_update(no_key=True))


def settle_all(
    requests: Iterable[TransitionRequest], *, actor: User | None = None
) -> None:
    """Approve those of the locked requests whose last gate has passed."""
    for request in requests:
        settle(request, gather_decision(request), actor=actor)


def _that_time_may_change(policies: Sequence[Policy]) -> list[TransitionRequest]:
    requests = TransitionRequest.objects.open().select_related("version__model")
    approved = set(
        Review.objects.filter(
            request__in=requests, decision=Review.Decision.APPROVE, stale_reason=""
        ).values_list("request", flat=True)
    )
    found = []
    for request in requests.order_by("pk"):
        rules = policy_of_request(request, policies=policies).definition
        lasts = expires_at(rules, request.created_at)
        has_expired = lasts is not None and lasts <= timezone.now()
        is_ripe = request.pk in approved or not rules.approvals
        if has_expired or is_ripe or _wants_escalation(request):
            found.append(request)
    return found


@transaction.atomic
def _judge(request: TransitionRequest, policies: Sequence[Policy]) -> bool:
    """Expire or approve one request; True if either was done."""
    request = locked(request)
    if not request.is_open:
        return False
    decision = gather_decision(request, policies=policies)
    lasts = expires_at(decision.policy.definition, request.created_at)
    if lasts is not None and lasts <= timezone.now():
        close(request, Status.EXPIRED, actor=None)
        record_event(
            EventType.TRANSITION_REQUEST_EXPIRED,
            actor=None,
            request=request,
            **change_of(request),
            policy=decision.policy.label,
        )
        return True
    settle(request, decision, actor=None)
    if _wants_escalation(request):
        request.escalated_at = timezone.now()
        request.save(update_fields=["escalated_at"])
        record_event(
            EventType.REVIEW_OVERDUE,
            actor=None,
            request=request,
            **change_of(request),
            break_glass=request.follows_id,
            review_due_at=str(request.review_due_at),
        )
    return not request.is_open


def _wants_escalation(request: TransitionRequest) -> bool:
    """Has nobody been told yet that the review of a break-glass is overdue?"""
    return request.is_review_overdue and request.escalated_at is None
