"""What gates look at, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from registry_ui.comparison import VersionFacts
from registry_ui.gates.remedies import Remedy
from registry_ui.models import Level
from registry_ui.policies import Policy


class Verdict(StrEnum):
    """What a gate says; `insufficient`: the evidence to judge by is missing."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFact:
    """A review that still rests on what is so.

    Attributes:
        level: that the reviewer holds on the model now.
        holds_level: is it enough to decide on this target?
        groups: that the reviewer is in now.
    """

    reviewer_id: int
    reviewer_name: str
    is_approval: bool
    given_at: datetime
    holds_level: bool
    level: int = 0
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CheckFact:
    """The newest report of a check: `pending`, `passed` or `failed`."""

    verdict: str
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFact:
    """How a version's files stand to those of when it was asked for.

    Attributes:
        count: how many were read then; None: they have not been read yet.
        changes: a phrase for each that is another one now: "model.pkl was changed".
        error: why they could not be read the last time; empty if they could.
        read_at: when they were read last.
    """

    count: int | None = None
    changes: Sequence[str] = ()
    error: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """All that gates may look at.

    Attributes:
        now: the instant of the judgement.
        asked_at: when the request was made.
        level: that decides on this target.
        excluded: why people's approvals do not count, by their id: "asked for this".
        empty_groups: those that the policy names and nobody is in.
        candidate: what is known of the version; None where no rule looks at it.
        incumbent: likewise of the newest holder of the target; None without one.
        checks: newest reports on the version, by the check's name.
        files: how they stand to those of when it was asked for.
        holders_after: numbers of the versions in the target once this is applied.
        version_status: MLflow's: READY, PENDING_REGISTRATION, FAILED_REGISTRATION.
    """

    policy: Policy
    now: datetime
    asked_at: datetime
    level: Level
    reviews: Sequence[ReviewFact] = ()
    excluded: Mapping[int, str] = field(default_factory=dict)
    empty_groups: frozenset[str] = frozenset()
    candidate: VersionFacts | None = None
    incumbent: VersionFacts | None = None
    checks: Mapping[str, CheckFact] = field(default_factory=dict)
    files: FilesFact = FilesFact()
    holders_after: Sequence[int] = ()
    is_in_registry: bool = True
    version_status: str = "READY"


@dataclass(frozen=True, slots=True)
class Gate:
    """One rule's verdict."""

    name: str
    verdict: Verdict
    explanation: str
    """What it looked at and found."""
    remedy: Remedy | None = None
    """What would satisfy it; None once passed."""


def all_passed(gates: Sequence[Gate]) -> bool:
    """May the request be approved?"""
    return all(gate.verdict is Verdict.PASSED for gate in gates)
