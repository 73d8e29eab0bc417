"""Policies and their verdicts on a request: facts in, gates out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PRODUCTION = "stage:Production"


class Verdict(StrEnum):
    """What a gate says; `insufficient`: the evidence to judge by is missing."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a promotion into a target needs."""

    name: str
    version: int
    approvals: int
    four_eyes: bool
    """Must somebody other than the requester approve?"""
    allows_direct: bool
    """May a holder of the level move versions without a request by another person?"""

    @property
    def label(self) -> str:
        """Return name and version: `four-eyes (default) v1`."""
        return f"{self.name} v{self.version}"


def default_policy(choice: str, target: str) -> Policy:
    """Return what holds where no policy of one's own matches.

    Args:
        choice: `SIGNOFF_DEFAULT_POLICY`. `four-eyes`: Production and each alias need
            one approval by somebody else. `open`: Databricks' semantics.
        target: `stage:Production` or `alias:champion`.
    """
    is_guarded = target == PRODUCTION or target.startswith("alias:")
    four_eyes = choice == "four-eyes" and is_guarded
    return Policy(
        name=f"{choice} (default)",
        version=1,
        approvals=1,
        four_eyes=four_eyes,
        allows_direct=not four_eyes,
    )


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """A counting review."""

    reviewer_id: int
    reviewer_name: str
    is_approval: bool
    holds_level: bool


@dataclass(frozen=True, slots=True)
class GateFacts:
    """All that gates may look at."""

    policy: Policy
    requester_id: int
    requester_name: str
    level_name: str
    """The level that decides on this target, in words: `Can Manage …`."""
    reviews: Sequence[ReviewFact]
    is_in_registry: bool
    version_status: str
    """MLflow's: READY, PENDING_REGISTRATION, FAILED_REGISTRATION."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One rule's verdict."""

    name: str
    verdict: Verdict
    explanation: str
    """What it looked at and found."""
    remedy: str = ""
    """The smallest change that would satisfy it; empty once passed."""


def counts(facts: GateFacts, review: ReviewFact) -> bool:
    """Does the policy count this review as an approval?"""
    is_own = review.reviewer_id == facts.requester_id
    return (
        review.is_approval
        and review.holds_level
        and not (facts.policy.four_eyes and is_own)
    )


def approvals_gate(facts: GateFacts) -> Gate:
    """Judge whether enough people agreed."""
    approvers = [r.reviewer_name for r in facts.reviews if counts(facts, r)]
    needed = facts.policy.approvals
    found = f"{len(approvers)} of {needed}"
    who = f"somebody with {facts.level_name}"
    if facts.policy.four_eyes:
        who += f" other than {facts.requester_name}, who asked"
    if len(approvers) >= needed:
        names = ", ".join(approvers)
        return Gate("Approvals", Verdict.PASSED, f"{found}: approved by {names}.")
    return Gate(
        "Approvals",
        Verdict.WAITING,
        f"{found} approvals so far.",
        f"An approval by {who}.",
    )


def registration_gate(facts: GateFacts) -> Gate:
    """Judge whether the version is there to be promoted."""
    name = "Version is ready"
    if not facts.is_in_registry:
        return Gate(
            name,
            Verdict.FAILED,
            "MLflow has this version no longer.",
            "Ask for another version; this one was deleted.",
        )
    if facts.version_status == "READY":
        return Gate(name, Verdict.PASSED, "MLflow has it and says READY.")
    return Gate(
        name,
        Verdict.INSUFFICIENT,
        f"MLflow says {facts.version_status or 'nothing'}.",
        "Finish the registration in MLflow.",
    )


def evaluate(facts: GateFacts) -> tuple[Gate, ...]:
    """Return the verdict of each gate, in the order in which pages show them."""
    return (registration_gate(facts), approvals_gate(facts))


def all_passed(gates: Sequence[Gate]) -> bool:
    """May the request be approved?"""
    return all(gate.verdict is Verdict.PASSED for gate in gates)
