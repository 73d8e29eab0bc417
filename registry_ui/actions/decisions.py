"""What a decision on a request rests on, gathered from the mirror."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User

from registry_ui import permissions
from registry_ui.fingerprint import Fingerprint, differences
from registry_ui.gates import (
    Gate,
    GateFacts,
    Policy,
    ReviewFact,
    all_passed,
    default_policy,
    evaluate,
)
from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.planning import Effect, Holdings, Plan, as_it_stands, make_plan


@dataclass(frozen=True, slots=True)
class Decision:
    """What the decision page shows, and what an approval is bound to."""

    policy: Policy
    gates: tuple[Gate, ...]
    fingerprint: Fingerprint
    plan: Plan
    incumbents: tuple[int, ...]
    """Numbers of the versions that hold the target now, without the candidate."""
    stale_reviews: dict[int, list[str]]
    """Reviews that no longer count, by primary key, and what changed since."""

    @property
    def is_approvable(self) -> bool:
        """Would the request be approved as things stand?"""
        return all_passed(self.gates)


def policy_of(target: str) -> Policy:
    """Return the policy that governs a target."""
    return default_policy(settings.DEFAULT_POLICY, target)


def holdings_around(version: ModelVersion, target: str) -> Holdings:
    """Return who holds the target, the version's own stage, and all aliases.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…` of its model.
    """
    versions = ModelVersion.objects.filter(model=version.model_id, deleted_at=None)
    stage = target.removeprefix("stage:")
    stages = dict(versions.filter(stage=stage).values_list("number", "stage"))
    if version.is_live:
        stages[version.number] = version.stage
    aliases = Alias.objects.filter(model=version.model_id)
    return Holdings(stages, dict(aliases.values_list("name", "version__number")))


def fingerprint_of(
    version: ModelVersion, target: str, *, holdings: Holdings, policy: Policy
) -> Fingerprint:
    """Return the fingerprint of what deciding on this move rests on now."""
    evidence = Evidence.objects.filter(version=version).first() or Evidence()
    identity = [
        version.model.name,
        version.number,
        version.created_at.isoformat(),
        version.source,
        version.is_live,
    ]
    # That there is no run is known before anybody has looked for it.
    run = [version.run_id, evidence.run_status, evidence.run_error]
    return Fingerprint.of(
        {
            "version": identity,
            "run": run if version.run_id else [],
            "metrics": evidence.metrics,
            "parameters": evidence.params,
            "signature": evidence.signature,
            "holders": holdings.holders(target),
            "policy": policy.label,
        }
    )


def gather_decision(request: TransitionRequest) -> Decision:
    """Gather what a decision on the request rests on, and what the gates say of it.

    An approved request shows the plan that was frozen then.
    """
    version = request.version
    policy = policy_of(request.target)
    holdings = holdings_around(version, request.target)
    fingerprint = fingerprint_of(
        version, request.target, holdings=holdings, policy=policy
    )
    reviews = list(request.reviews.filter(stale_reason="").select_related("reviewer"))
    stale = {
        review.pk: changes
        for review in reviews
        if (changes := differences(Fingerprint.parse(review.fingerprint), fingerprint))
    }
    counting = [review for review in reviews if review.pk not in stale]
    plan = _plan(request, holdings)
    holders = holdings.holders(request.target)
    return Decision(
        policy=policy,
        gates=evaluate(_gate_facts(request, policy, counting)),
        fingerprint=fingerprint,
        plan=plan,
        incumbents=tuple(n for n in holders if n != version.number),
        stale_reviews=stale,
    )


def _plan(request: TransitionRequest, holdings: Holdings) -> Plan:
    """Return the plan as it was frozen, or else as it would be now."""
    if request.plan is not None:
        return Plan.from_json(request.plan)
    number = request.version.number
    if request.incident and request.kind == TransitionRequest.Kind.RETROSPECTIVE:
        effects = as_it_stands(Effect.many(request.incident.effects))
        return Plan(request.target, number, effects, archives=False)
    return make_plan(
        target=request.target,
        version=number,
        holdings=holdings,
        archive_existing=request.archive_existing_versions,
    )


def _gate_facts(
    request: TransitionRequest, policy: Policy, reviews: list[Review]
) -> GateFacts:
    version = request.version
    level = permissions.level_to_decide(from_stage=version.stage, target=request.target)
    return GateFacts(
        policy=policy,
        requester_id=request.requested_by_id,
        requester_name=_name(request.requested_by),
        level_name=level.label,
        reviews=[
            ReviewFact(
                reviewer_id=review.reviewer_id,
                reviewer_name=_name(review.reviewer),
                is_approval=review.decision == Review.Decision.APPROVE,
                holds_level=permissions.may_review(review.reviewer, request),
            )
            for review in reviews
        ],
        is_in_registry=version.is_live,
        version_status=version.status,
    )


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()
