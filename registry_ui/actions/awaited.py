"""Whose approval open requests still want, for many of them at once. Reads only.

`gather_decision` says all of one request, in several queries; what waits for its reader
is counted on every page.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.decisions import fingerprint_of
from registry_ui.actions.exclusions import PoliciesByNumber, excluded_people
from registry_ui.actions.gate_facts import display_name, files_of, review_facts
from registry_ui.actions.policies import policies_in_force, policy_of_request
from registry_ui.fingerprint import Fingerprint
from registry_ui.gates import GateFacts, ReviewFact, approvals_so_far, is_wanted
from registry_ui.models import (
    STAGE_PREFIX,
    Alias,
    Evidence,
    ModelVersion,
    Review,
    TransitionRequest,
    read_levels,
)
from registry_ui.planning import Holdings


def all_awaited_from(user: User) -> set[int]:
    """Return the numbers of all requests that an approval by the user would move on."""
    found = TransitionRequest.objects.open().order_by()
    rows = found.values_list("number", "version__model", "version__stage", "target")
    return awaited_from(user, decided_by(user, rows))


def decided_by(user: User, rows: Iterable[tuple[int, int, str, str]]) -> list[int]:
    """Return the numbers of the requests that the user's level is enough to decide on.

    Args:
        user: who may decide.
        rows: of each request its number, its model's primary key, the stage that the
            version has, and the target.
    """
    return [
        number
        for number, model, stage, target in rows
        if permissions.level_on(user, model)
        >= permissions.level_to_decide(from_stage=stage, target=target)
    ]


def awaited_from(user: User, numbers: Collection[int]) -> set[int]:
    """Return which of the open requests an approval by the user would move on.

    Args:
        user: holds the level that decides on each of the requests.
        numbers: of the requests.
    """
    if not numbers:
        return set()
    requests = _rows(numbers)
    facts = _approval_facts(requests, [user])
    approval = ReviewFact(
        reviewer_id=user.pk,
        reviewer_name=display_name(user),
        is_approval=True,
        given_at=timezone.now(),
        holds_level=True,
        groups=_groups(user, facts.values()),
    )
    return {
        one.pk
        for one in requests
        if is_wanted(
            facts[one.pk],
            replace(approval, level=permissions.level_of(user, one.version.model)),
        )
    }


def approvals_given(numbers: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return how many approvals open requests have, and how many they need."""
    if not numbers:
        return {}
    facts = _approval_facts(_rows(numbers), [])
    return {number: approvals_so_far(one) for number, one in facts.items()}


def _groups(user: User, facts: Iterable[GateFacts]) -> frozenset[str]:
    """Return the names of the user's groups, if a rule on approvals asks for any."""
    rules = (rule for one in facts for rule in one.policy.definition.approvals)
    if not any(rule.groups for rule in rules):
        return frozenset()
    return frozenset(user.groups.values_list("name", flat=True))


def _rows(numbers: Collection[int]) -> Sequence[TransitionRequest]:
    live = Review.objects.filter(request=OuterRef("pk"), stale_reason="")
    requests = TransitionRequest.objects.open().filter(pk__in=numbers)
    return list(
        requests.select_related("version__model")
        .annotate(is_reviewed=Exists(live))
        .only(
            "created_at",
            "follows",
            "kind",
            "requested_by",
            "status",
            "target",
            "version__number",
            "version__stage",
            "version__model__name",
        )
        .order_by()
    )


def _approval_facts(
    requests: Sequence[TransitionRequest], people: Collection[User]
) -> dict[int, GateFacts]:
    """Gather what the rules on approvals look at, and nothing for any other rule.

    Args:
        requests: open ones.
        people: who may be excluded besides those who reviewed the requests.
    """
    in_force = policies_in_force()
    policies = {one.pk: policy_of_request(one, policies=in_force) for one in requests}
    reviewed = [one.pk for one in requests if getattr(one, "is_reviewed", False)]
    reviews = _counting_reviews(reviewed, policies)
    reviewers = {one.reviewer for found in reviews.values() for one in found}
    excluded = excluded_people(requests, policies, {*people, *reviewers})
    now = timezone.now()
    levels = {
        one.pk: permissions.level_to_decide(
            from_stage=one.version.stage, target=one.target
        )
        for one in requests
    }
    return {
        one.pk: GateFacts(
            policy=policies[one.pk],
            now=now,
            asked_at=one.created_at,
            level=levels[one.pk],
            reviews=review_facts(
                one.version,
                reviews[one.pk],
                policies[one.pk].definition,
                levels[one.pk],
            )
            if one.pk in reviews
            else (),
            excluded=excluded[one.pk],
        )
        for one in requests
    }


def _counting_reviews(
    numbers: Collection[int], policies: PoliciesByNumber
) -> dict[int, list[Review]]:
    """Return the reviews that rest on what is so now, by the request's number."""
    if not numbers:
        return {}
    requests = (
        TransitionRequest.objects.filter(pk__in=numbers)
        .select_related("version__model", "version__evidence")
        .only("target", "archive_existing_versions", *_COVERED)
        .in_bulk()
    )
    reviews = Review.objects.filter(request__in=requests, stale_reason="")
    found = list(reviews.order_by("pk").prefetch_related("reviewer__groups"))
    read_levels({one.reviewer for one in found})
    holdings = _holdings(requests.values())
    now = {
        number: fingerprint_of(
            one.version,
            one.target,
            evidence=getattr(one.version, "evidence", None) or Evidence(),
            holdings=holdings[one.version.model_id],
            policy=policies[number],
            files=files_of(one, policies[number]),
            archives=one.archive_existing_versions,
        )
        for number, one in requests.items()
    }
    counting = defaultdict(list)
    for review in found:
        if Fingerprint.parse(review.fingerprint) == now[review.request_id]:
            counting[review.request_id].append(review)
    return counting


_OF_VERSION = ("number", "created_at", "source", "run_id", "deleted_at")
_OF_MODEL = ("name", "deleted_at")
_OF_EVIDENCE = ("run_status", "run_error", "metrics", "params", "signature")
_COVERED = (
    *(f"version__{name}" for name in _OF_VERSION),
    *(f"version__model__{name}" for name in _OF_MODEL),
    *(f"version__evidence__{name}" for name in _OF_EVIDENCE),
)
"""What fingerprints cover; the other columns of the evidence may be long."""


def _holdings(requests: Iterable[TransitionRequest]) -> dict[int, Holdings]:
    """Return who holds what is asked for, and all aliases, by model."""
    requests = list(requests)
    models = {one.version.model_id for one in requests}
    stages = {one.target.removeprefix(STAGE_PREFIX) for one in requests}
    held: dict[int, dict[int, str]] = {model: {} for model in models}
    versions = ModelVersion.objects.filter(
        model__in=models, stage__in=stages, deleted_at=None
    ).order_by()
    for model, number, stage in versions.values_list("model", "number", "stage"):
        held[model][number] = stage
    pointed: dict[int, dict[str, int]] = {model: {} for model in models}
    aliases = Alias.objects.filter(model__in=models).order_by()
    for model, name, number in aliases.values_list("model", "name", "version__number"):
        pointed[model][name] = number
    return {model: Holdings(held[model], pointed[model]) for model in models}
