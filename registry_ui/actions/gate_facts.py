"""From rows to the facts that gates look at. Reads only."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import prefetch_related_objects

from registry_ui import permissions
from registry_ui.actions.exclusions import excluded_people
from registry_ui.actions.facts import versions_facts
from registry_ui.comparison import VersionFacts
from registry_ui.gates import CheckFact, GateFacts, ReviewFact
from registry_ui.models import (
    Check,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.planning import Holdings, Plan, holders_after
from registry_ui.policies import Policy, PolicyDefinition


def gate_facts(
    request: TransitionRequest,
    *,
    policy: Policy,
    plan: Plan,
    holdings: Holdings,
    reviews: Sequence[Review],
    now: datetime,
) -> GateFacts:
    """Gather what the policy's rules look at, and nothing that none of them does.

    Args:
        request: with its version, model and requester.
        policy: that governs it.
        plan: what an approval would do.
        holdings: who holds what now.
        reviews: those that rest on what is so now, with their reviewers.
        now: the instant to judge at.
    """
    version, rules = request.version, policy.definition
    level = permissions.level_to_decide(from_stage=version.stage, target=request.target)
    holders = [n for n in holdings.holders(request.target) if n != version.number]
    candidate, incumbent = _compared(version, holders, rules)
    checks = _checks(version, rules)
    return GateFacts(
        policy=policy,
        now=now,
        asked_at=request.created_at,
        level=level,
        reviews=review_facts(request, reviews, rules),
        excluded=excluded_people([request], {request.pk: policy})[request.pk],
        candidate=candidate,
        incumbent=incumbent,
        checks={c.name: CheckFact(c.verdict, c.reported_at) for c in checks},
        holders_after=holders_after(plan, holdings),
        is_in_registry=version.is_live,
        version_status=version.status,
    )


def display_name(user: User) -> str:
    """Return a person's full name, else their user name."""
    return user.get_full_name() or user.get_username()


def review_facts(
    request: TransitionRequest, reviews: Sequence[Review], rules: PolicyDefinition
) -> list[ReviewFact]:
    """Return what the approval rules look at of each review's reviewer."""
    if any(rule.groups for rule in rules.approvals):
        prefetch_related_objects(reviews, "reviewer__groups")
    return [_review_fact(request, review, rules) for review in reviews]


def _review_fact(
    request: TransitionRequest, review: Review, rules: PolicyDefinition
) -> ReviewFact:
    reviewer = review.reviewer
    needs_groups = any(rule.groups for rule in rules.approvals)
    groups = (group.name for group in reviewer.groups.all()) if needs_groups else ()
    return ReviewFact(
        reviewer_id=review.reviewer_id,
        reviewer_name=display_name(reviewer),
        is_approval=review.decision == Review.Decision.APPROVE,
        given_at=review.created_at,
        holds_level=permissions.may_review(reviewer, request),
        level=permissions.level_of(reviewer, request.version.model),
        groups=frozenset(groups),
    )


def _compared(
    version: ModelVersion, holders: Sequence[int], rules: PolicyDefinition
) -> tuple[VersionFacts | None, VersionFacts | None]:
    """Return the facts of the candidate and of the newest holder, if rules ask."""
    looks_at_holder = rules.signature or any(rule.is_relative for rule in rules.metrics)
    if not (
        looks_at_holder or rules.metrics or rules.tags or rules.description_required
    ):
        return None, None
    versions = [version]
    if looks_at_holder and holders:
        rows = ModelVersion.objects.with_evidence()
        versions += rows.filter(model=version.model_id, number=max(holders))
    found = versions_facts(versions)
    return found[0], found[1] if len(found) > 1 else None


def _checks(version: ModelVersion, rules: PolicyDefinition) -> list[Check]:
    if not rules.checks:
        return []
    names = {rule.name for rule in rules.checks}
    return list(version.checks.filter(name__in=names).select_related("reported_by"))
