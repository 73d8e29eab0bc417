"""What is on record of past requests: who held what, which checks, what reviews saw.

Read for many requests at once, in a fixed number of queries.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db.models import Q

from registry_ui.actions.gate_facts import Past
from registry_ui.events import EventType
from registry_ui.fingerprint import PARTS, Fingerprint, differences
from registry_ui.models import (
    AuditEvent,
    Check,
    Holding,
    ModelVersion,
    Review,
    TransitionRequest,
)
from registry_ui.planning import ARCHIVED, SERVING_STAGES, Holdings
from registry_ui.policies import PolicyDefinition

_VersionKey = tuple[int, int]
"""Primary key of a model, and the number of a version: as events name it."""


@dataclass(frozen=True, slots=True)
class PastRecords:
    """What happened to some requests, and to their models meanwhile.

    Attributes:
        fingerprints: of what an approval rested on, by the request's number.
        held: holdings that lasted until the first was asked, or longer, by the model's
            primary key.
        versions: those that held something, with evidence, by model and number; empty
            where no rule looks at them.
        checks: all reports, the oldest first, each as the row that it was then.
    """

    fingerprints: Mapping[int, Fingerprint]
    held: Mapping[int, Sequence[Holding]]
    versions: Mapping[int, Mapping[int, ModelVersion]]
    checks: Mapping[_VersionKey, Sequence[Check]]

    @classmethod
    def of(
        cls,
        requests: Sequence[TransitionRequest],
        rules: Sequence[PolicyDefinition],
    ) -> Self:
        """Read what judging the requests by these rules takes."""
        held = _held(requests) if requests else {}
        looks_at_holders = any(one.looks_at_holder for one in rules)
        looks_at_checks = any(one.checks for one in rules)
        return cls(
            fingerprints=_fingerprints(requests),
            held=held,
            versions=_versions(held) if looks_at_holders else {},
            checks=_checks(requests) if looks_at_checks else {},
        )

    def holdings(self, request: TransitionRequest, at: datetime) -> Holdings:
        """Return who held what in the request's model at an instant.

        Of the stages that serve, and of the candidate, whose other stages the request
        tells.
        """
        stages: dict[int, str] = {}
        aliases: dict[str, int] = {}
        for one in self.held.get(request.version.model_id, ()):
            if one.started_at > at or (one.ended_at and one.ended_at <= at):
                continue
            if one.stage:
                stages[one.version.number] = one.stage
            else:
                aliases[one.alias] = one.version.number
        came_from = request.from_stage
        rested = ARCHIVED if came_from in SERVING_STAGES else came_from
        stages.setdefault(request.version.number, rested)
        return Holdings(stages, aliases)

    def past(self, request: TransitionRequest, at: datetime) -> Past:
        """Return what else gates look at, as of an instant."""
        newest = {
            check.name: check
            for check in self.reports_on(request.version)
            if check.reported_at <= at
        }
        versions = self.versions.get(request.version.model_id, {})
        return Past(list(newest.values()), versions)

    def reports_on(self, version: ModelVersion) -> Sequence[Check]:
        """Return all reports of checks on a version, the oldest first."""
        return self.checks.get((version.model_id, version.number), ())

    def counting_reviews(
        self, request: TransitionRequest, at: datetime
    ) -> list[Review]:
        """Return the reviews that counted at an instant, the newest of each person.

        What things rested on is known of the instants of the decisions alone. So a
        review counts if the next decision rested on the same, whatever the policy was;
        where none followed, nobody knows, and it does not.
        """
        given = list(request.reviews.all())
        known = [(one.created_at, Fingerprint.parse(one.fingerprint)) for one in given]
        if request.closed_at and request.pk in self.fingerprints:
            known.append((request.closed_at, self.fingerprints[request.pk]))
        following = [seen for when, seen in known if when >= at]
        newest = {one.reviewer_id: one for one in given if one.created_at <= at}
        return [
            review
            for review in sorted(newest.values(), key=lambda one: one.created_at)
            if following and _is_same(review, following[0])
        ]


def _is_same(review: Review, seen: Fingerprint) -> bool:
    changed = differences(Fingerprint.parse(review.fingerprint), seen)
    return not set(changed) - {PARTS["policy"]}


def _fingerprints(requests: Iterable[TransitionRequest]) -> dict[int, Fingerprint]:
    approvals = AuditEvent.objects.filter(
        type=EventType.TRANSITION_REQUEST_APPROVED,
        request_number__in=[request.number for request in requests],
    )
    return {
        event.request_number: Fingerprint.parse(event.details["fingerprint"])
        for event in approvals
        if event.request_number
    }


def _held(requests: Sequence[TransitionRequest]) -> dict[int, list[Holding]]:
    models = {request.version.model_id for request in requests}
    since = min(request.created_at for request in requests)
    not_before = Q(ended_at=None) | Q(ended_at__gte=since)
    found: dict[int, list[Holding]] = {}
    rows = Holding.objects.filter(not_before, model__in=models)
    for row in rows.select_related("version").order_by("started_at"):
        found.setdefault(row.model_id, []).append(row)
    return found


def _versions(
    held: Mapping[int, Sequence[Holding]],
) -> dict[int, dict[int, ModelVersion]]:
    keys = {one.version_id for holdings in held.values() for one in holdings}
    found: dict[int, dict[int, ModelVersion]] = {}
    for version in ModelVersion.objects.with_evidence().filter(pk__in=keys):
        found.setdefault(version.model_id, {})[version.number] = version
    return found


def _checks(
    requests: Iterable[TransitionRequest],
) -> dict[_VersionKey, list[Check]]:
    """Read the reports off the audit log; the table of checks keeps only the newest."""
    versions = {
        (one.version.model_id, one.version.number): one.version_id for one in requests
    }
    reports = AuditEvent.objects.filter(
        type=EventType.CHECK_REPORTED,
        model_pk__in={model for model, _ in versions},
        version_number__in={number for _, number in versions},
    ).order_by("position")
    found: dict[_VersionKey, list[Check]] = {}
    for event in reports.iterator():
        key = (event.model_pk or 0, event.version_number or 0)
        if key in versions:
            found.setdefault(key, []).append(_as_row(event, versions[key]))
    return found


def _as_row(event: AuditEvent, version_pk: int) -> Check:
    """Return the row that this report made, which is not stored like this any more."""
    details = event.details
    return Check(
        version_id=version_pk,
        name=details["check"],
        verdict=details["verdict"],
        reported_by_id=json.loads(event.body)["actor_id"],
        reported_at=event.recorded_at,
    )
