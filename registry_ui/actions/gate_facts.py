"""From rows to the facts that gates look at. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db.models import prefetch_related_objects

from registry_ui import permissions
from registry_ui.actions.exclusions import excluded_people
from registry_ui.actions.facts import versions_facts
from registry_ui.comparison import VersionFacts
from registry_ui.gates import CheckFact, FilesFact, GateFacts, ReviewFact
from registry_ui.models import (
    Check,
    Level,
    ModelVersion,
    RequestFiles,
    Review,
    TransitionRequest,
)
from registry_ui.planning import Holdings, Plan, holders_after
from registry_ui.policies import Policy, PolicyDefinition


@dataclass(frozen=True, slots=True)
class Past:
    """What was so at an earlier instant, where rows hold only the newest.

    Attributes:
        checks: the newest reports until then on the version.
        versions: those of the model that may have held the target, by number.
    """

    checks: Sequence[Check]
    versions: Mapping[int, ModelVersion]


def gate_facts(
    request: TransitionRequest,
    *,
    policy: Policy,
    plan: Plan,
    holdings: Holdings,
    reviews: Sequence[Review],
    now: datetime,
    past: Past | None = None,
) -> GateFacts:
    """Gather what the policy's rules look at, and nothing that none of them does.

    Args:
        request: with its version, model and requester.
        policy: that governs it.
        plan: what an approval would do.
        holdings: who holds what now.
        reviews: those that rest on what is so now, with their reviewers.
        now: the instant to judge at.
        past: for an earlier instant, what rows no longer say; None: judge now.
    """
    version, rules = request.version, policy.definition
    stage = holdings.stages.get(version.number, version.stage)
    level = permissions.level_to_decide(from_stage=stage, target=request.target)
    holders = [n for n in holdings.holders(request.target) if n != version.number]
    candidate, incumbent = _compared(version, holders, rules, past)
    checks = _checks(version, rules, past)
    return GateFacts(
        policy=policy,
        now=now,
        asked_at=request.created_at,
        level=level,
        reviews=review_facts(version, reviews, rules, level),
        excluded=excluded_people([request], {request.pk: policy}, checks=checks)[
            request.pk
        ],
        empty_groups=_empty_groups(rules),
        candidate=candidate,
        incumbent=incumbent,
        checks={c.name: CheckFact(c.verdict, c.reported_at) for c in checks},
        files=_files_fact(files_of(request, policy)),
        holders_after=holders_after(plan, holdings),
        is_in_registry=not _is_gone(version, now),
        version_status=version.status,
    )


def files_of(request: TransitionRequest, policy: Policy) -> RequestFiles | None:
    """Return what was read of the version's files, where the policy looks at them."""
    if not policy.definition.files_unchanged:
        return None
    return RequestFiles.objects.filter(request=request).first()


def display_name(user: User) -> str:
    """Return a person's full name, else their user name."""
    return user.get_full_name() or user.get_username()


def _files_fact(files: RequestFiles | None) -> FilesFact:
    if files is None:
        return FilesFact()
    first = files.first
    return FilesFact(
        count=None if first is None else len(first),
        changes=[
            _change(path, was_there=path in (first or {}), is_there=digest is not None)
            for path, digest in files.changed.items()
        ],
        error=files.error,
        read_at=files.read_at,
    )


def _change(path: str, *, was_there: bool, is_there: bool) -> str:
    if not was_there:
        return f"{path} was added"
    return f"{path} was changed" if is_there else f"{path} was removed"


def _empty_groups(rules: PolicyDefinition) -> frozenset[str]:
    """Return the groups that the policy names and nobody active is in."""
    names = {name for rule in rules.approvals for name in rule.groups}
    if not names:
        return frozenset()
    peopled = Group.objects.filter(name__in=names, user__is_active=True)
    return frozenset(names) - set(peopled.values_list("name", flat=True))


def _is_gone(version: ModelVersion, now: datetime) -> bool:
    """Had MLflow the version or its model no longer, as far as we know?"""
    deleted = (version.deleted_at, version.model.deleted_at)
    return any(at is not None and at <= now for at in deleted)


def review_facts(
    version: ModelVersion,
    reviews: Sequence[Review],
    rules: PolicyDefinition,
    needed: Level,
) -> list[ReviewFact]:
    """Return what the approval rules look at of each review's reviewer.

    Args:
        version: that was reviewed.
        reviews: with their reviewers.
        rules: of the policy.
        needed: the level that decides.
    """
    needs_groups = any(rule.groups for rule in rules.approvals)
    if needs_groups:
        prefetch_related_objects(reviews, "reviewer__groups")
    found = []
    for review in reviews:
        reviewer = review.reviewer
        groups = reviewer.groups.all() if needs_groups else ()
        level = permissions.level_of(reviewer, version.model)
        found.append(
            ReviewFact(
                reviewer_id=review.reviewer_id,
                reviewer_name=display_name(reviewer),
                is_approval=review.decision == Review.Decision.APPROVE,
                given_at=review.created_at,
                holds_level=level >= needed,
                level=level,
                groups=frozenset(group.name for group in groups),
            )
        )
    return found


def _compared(
    version: ModelVersion,
    holders: Sequence[int],
    rules: PolicyDefinition,
    past: Past | None,
) -> tuple[VersionFacts | None, VersionFacts | None]:
    """Return the facts of the candidate and of the newest holder, if rules ask."""
    if not (
        rules.looks_at_holder
        or rules.metrics
        or rules.tags
        or rules.description_required
    ):
        return None, None
    versions = [version]
    if rules.looks_at_holder and holders and past:
        versions += [past.versions[max(holders)]]
    elif rules.looks_at_holder and holders:
        rows = ModelVersion.objects.with_evidence()
        versions += rows.filter(model=version.model_id, number=max(holders))
    found = versions_facts(versions)
    return found[0], found[1] if len(found) > 1 else None


def _checks(
    version: ModelVersion, rules: PolicyDefinition, past: Past | None
) -> list[Check]:
    if not rules.checks:
        return []
    names = {rule.name for rule in rules.checks}
    if past:
        return [check for check in past.checks if check.name in names]
    return list(version.checks.filter(name__in=names).select_related("reported_by"))
