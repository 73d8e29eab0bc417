"""What a decision on a request rests on, gathered from the mirror."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from registry_ui.actions.exclusions import ASKED
from registry_ui.actions.gate_facts import files_of, gate_facts, review_facts
from registry_ui.actions.policies import policy_of_request
from registry_ui.fingerprint import NOTHING, PARTS, Fingerprint, differences
from registry_ui.gates import (
    Gate,
    GateFacts,
    Verdict,
    all_passed,
    evaluate,
    why_not_counted,
)
from registry_ui.models import (
    Alias,
    Evidence,
    ModelVersion,
    RequestFiles,
    Review,
    TransitionRequest,
)
from registry_ui.models.prepared import PreparedLookup
from registry_ui.planning import (
    ALIAS,
    STAGE,
    Effect,
    Holdings,
    Plan,
    as_it_stands,
    make_plan,
)
from registry_ui.policies import Policy

_LOOKED_AT = ("run_status", "run_error", "metrics", "params", "signature")
"""Of the evidence, by a fingerprint."""

_there = PreparedLookup(
    lambda model, stage: ModelVersion.objects.filter(
        model=model, deleted_at=None, stage=stage
    ).values_list("number", "stage"),
    int,
    str,
)
_aliases = PreparedLookup(
    lambda model: Alias.objects.filter(model=model).values_list(
        "name", "version__number"
    ),
    int,
)
_evidence = PreparedLookup(
    lambda version: Evidence.objects.filter(version=version).values_list(*_LOOKED_AT),
    int,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the decision page shows, and what an approval is bound to."""

    policy: Policy
    facts: GateFacts
    """What the gates looked at."""
    gates: tuple[Gate, ...]
    fingerprint: Fingerprint
    plan: Plan
    incumbents: tuple[int, ...]
    """Numbers of the versions that hold the target now, without the candidate."""
    stale_reviews: dict[int, list[str]]
    """Reviews that no longer count, by primary key, and what changed since."""

    def why_excluded(self, user_id: int) -> str:
        """Say why a person's approval would not count; empty if it would."""
        reason = self.facts.excluded.get(user_id)
        if not reason:
            return ""
        themselves = " yourself" if reason == ASKED else ""
        return (
            f"You {reason}{themselves}. The policy wants somebody else to approve it."
        )

    def why_given_in_vain(self, review: Review) -> str:
        """Say why a given review counts no more; empty while it does."""
        if changes := self.stale_reviews.get(review.pk):
            return ", ".join(changes)
        facts = self.facts
        own = (one for one in facts.reviews if one.reviewer_id == review.reviewer_id)
        return next((why_not_counted(facts, one) for one in own), "")

    @property
    def gates_left(self) -> list[Gate]:
        """Return the gates that have not passed."""
        return [gate for gate in self.gates if gate.verdict is not Verdict.PASSED]

    @property
    def gates_passed(self) -> list[Gate]:
        """Return the gates that have passed."""
        return [gate for gate in self.gates if gate.verdict is Verdict.PASSED]

    @property
    def is_approvable(self) -> bool:
        """Would the request be approved as things stand?"""
        return all_passed(self.gates)


def holdings_around(
    version: ModelVersion, target: str, along: Iterable[str] = ()
) -> Holdings:
    """Return who holds the target, and the version's own stage.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…` of its model.
        along: the aliases that move along; for any alias all of them are returned.
    """
    stages: dict[int, str] = {}
    if target.startswith(STAGE):
        stages = dict(_there(version.model_id, target.removeprefix(STAGE)))
    if version.is_live:
        stages[version.number] = version.stage
    is_of_aliases = any(one.startswith(ALIAS) for one in (target, *along))
    return Holdings(stages, aliases_of(version.model_id) if is_of_aliases else {})


def aliases_of(model_pk: int) -> dict[str, int]:
    """Return which version each alias of a model points to, by number."""
    return dict(_aliases(model_pk))


def fingerprint_of(
    version: ModelVersion,
    target: str,
    *,
    evidence: Evidence,
    holdings: Holdings,
    policy: Policy,
    files: RequestFiles | None,
    archives: bool,
) -> Fingerprint:
    """Return the fingerprint of what deciding on this move rests on now.

    Args:
        version: the candidate.
        target: `stage:…` or `alias:…` of its model.
        evidence: of the version; an empty one where nothing was read yet.
        holdings: who holds the target, and what the policy moves along.
        policy: that governs the move.
        files: of the version, where the policy looks at them. Just what has changed
            counts: that they were read first is no change.
        archives: are the other holders of the stage archived?
    """
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
            "holders": _holders(holdings, target, policy),
            "policy": policy.label,
            "files": (files.changed if files else None) or NOTHING,
            "archives": archives or NOTHING,
        }
    )


def _holders(holdings: Holdings, target: str, policy: Policy) -> list[Any]:
    along = policy.definition.moves_along if target.startswith(STAGE) else ()
    found: list[Any] = list(holdings.holders(target))
    return found + [[alias, *holdings.holders(alias)] for alias in along]


def gather_decision(
    request: TransitionRequest,
    *,
    policy: Policy | None = None,
    policies: Sequence[Policy] | None = None,
    is_dry_run: bool = False,
) -> Decision:
    """Gather what a decision on the request rests on, and what the gates say of it.

    An approved request shows the plan that was frozen then.

    Args:
        request: with its version and model; it need not be stored yet.
        policy: that governs it, where that is known already.
        policies: those in force, where they were read already, or a draft.
        is_dry_run: let reviews count though they were given under another policy.
    """
    version = request.version
    policy = policy or policy_of_request(request, policies=policies)
    along = policy.definition.moves_along
    holdings = holdings_around(version, request.target, along)
    fingerprint = fingerprint_of(
        version,
        request.target,
        evidence=_evidence_of(version),
        holdings=holdings,
        policy=policy,
        files=files_of(request, policy),
        archives=request.archive_existing_versions,
    )
    reviews = _reviews_of(request)
    stale = {}
    for review in reviews:
        changes = differences(Fingerprint.parse(review.fingerprint), fingerprint)
        if changes and not (is_dry_run and changes == [PARTS["policy"]]):
            stale[review.pk] = changes
    counting = [review for review in reviews if review.pk not in stale]
    plan = _plan(request, holdings, policy)
    holders = holdings.holders(request.target)
    facts = gate_facts(
        request,
        policy=policy,
        plan=plan,
        holdings=holdings,
        reviews=counting,
        now=timezone.now(),
    )
    return Decision(
        policy=policy,
        facts=facts,
        gates=evaluate(facts),
        fingerprint=fingerprint,
        plan=plan,
        incumbents=tuple(n for n in holders if n != version.number),
        stale_reviews=stale,
    )


def _evidence_of(version: ModelVersion) -> Evidence:
    for row in _evidence(version.pk):
        return Evidence(**dict(zip(_LOOKED_AT, row, strict=True)))
    return Evidence()


def _reviews_of(request: TransitionRequest) -> list[Review]:
    if request.pk is None:
        return []
    return list(request.reviews.filter(stale_reason="").select_related("reviewer"))


def with_review(decision: Decision, review: Review) -> Decision:
    """Return the decision as it is once its reviewer's new review counts too.

    Nothing else is read again: the review rests on these very facts. Another one of
    the same person has been made stale by now, or it would have been refused.

    Args:
        decision: that the review is bound to.
        review: just stored.
    """
    facts = decision.facts
    others = [one for one in facts.reviews if one.reviewer_id != review.reviewer_id]
    version = review.request.version
    mine = review_facts(version, [review], facts.policy.definition, facts.level)
    facts = replace(facts, reviews=[*others, *mine])
    return replace(decision, facts=facts, gates=evaluate(facts))


def _plan(request: TransitionRequest, holdings: Holdings, policy: Policy) -> Plan:
    """Return the plan as it was frozen, or else as it would be now."""
    if request.plan is not None:
        return Plan.from_json(request.plan)
    number = request.version.number
    if request.follows_id:  # a review of what was done: it changes nothing
        return Plan(request.target, number, (), archives=False)
    if request.incident and request.kind == TransitionRequest.Kind.RETROSPECTIVE:
        effects = as_it_stands(Effect.many(request.incident.effects))
        return Plan(request.target, number, effects, archives=False)
    return make_plan(
        target=request.target,
        version=number,
        holdings=holdings,
        archive_existing=request.archive_existing_versions,
        moves_along=policy.definition.moves_along,
    )
