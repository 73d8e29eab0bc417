"""What a draft of policies would say today: of open requests, and of who holds what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.facts import versions_facts
from registry_ui.actions.policies import policies_in_force
from registry_ui.gates import CheckFact, Gate, GateFacts, Verdict, evaluate
from registry_ui.models import (
    Check,
    Holding,
    ModelVersion,
    TransitionRequest,
)
from registry_ui.permissions import level_to_decide
from registry_ui.policies import Policy, PolicyDefinition, governing

MOST_REQUESTS = 20
MOST_HOLDERS = 200
_LOOKED_AT = 5_000
"""How many holdings are looked through for those that the draft governs."""

LEFT_OUT = (
    "Who holds a target was approved before, and is the one that others are held"
    " against: approvals, freezes, waiting times, unchanged files and rules against the"
    " incumbent are left out."
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """One open request under the policies that hold, and under a draft.

    `now` and `then` are the gates that it has not passed.
    """

    request: TransitionRequest
    policy_now: str
    policy_then: str
    now: tuple[Gate, ...]
    then: tuple[Gate, ...]

    @property
    def is_changed(self) -> bool:
        """Would another gate be open or shut?"""
        return self.now != self.then


@dataclass(frozen=True, slots=True)
class HolderRun:
    """A version that holds a target now; `gates`: those that it would not pass."""

    holding: Holding
    policy: str
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class HolderRuns:
    """What a draft says of current holders; `is_cut`: there are more than were judged.

    `failing` are those that would not pass, of `count` that were judged.
    """

    failing: list[HolderRun]
    count: int
    is_cut: bool

    @property
    def summary(self) -> str:
        """Say in a sentence how many would not pass."""
        if not self.count:
            return "It governs no target that a version holds."
        return (
            f"{len(self.failing) or 'None'} of {self.count} holders of a target that it"
            " governs would not pass today."
        )


def dry_runs(draft: Sequence[Policy]) -> list[DryRun]:
    """Judge the newest open requests under the policies that hold, and under a draft.

    Under the draft, reviews count as if they had been given under it.
    """
    requests = TransitionRequest.objects.open().select_related(
        "version__model", "requested_by"
    )
    held = policies_in_force()
    return [_dry_run(request, held, draft) for request in requests[:MOST_REQUESTS]]


def _dry_run(
    request: TransitionRequest, held: Sequence[Policy], draft: Sequence[Policy]
) -> DryRun:
    now = gather_decision(request, policies=held)
    then = gather_decision(request, policies=draft, is_dry_run=True)
    return DryRun(
        request,
        now.policy.label,
        then.policy.definition.name,
        tuple(now.gates_left),
        tuple(then.gates_left),
    )


def holder_runs(draft: Sequence[Policy]) -> HolderRuns:
    """Judge who holds a target that the draft governs, the newest first."""
    current = Holding.objects.current().filter(
        version__deleted_at=None, model__deleted_at=None
    )
    rows = list(current.values_list("pk", "model__name", "target")[: _LOOKED_AT + 1])
    governed = {
        pk: policy
        for pk, name, target in rows[:_LOOKED_AT]
        if (policy := governing(draft, name, target))
    }
    chosen = list(governed)[:MOST_HOLDERS]
    holdings = list(current.filter(pk__in=chosen).select_related("version__model"))
    facts = _facts_of(holdings, governed)
    runs = [
        HolderRun(holding, one.policy.definition.name, tuple(shut))
        for holding, one in zip(holdings, facts, strict=True)
        if (shut := [g for g in evaluate(one) if g.verdict is not Verdict.PASSED])
    ]
    is_cut = len(governed) > len(chosen) or len(rows) > _LOOKED_AT
    return HolderRuns(runs, len(holdings), is_cut)


def _facts_of(
    holdings: Sequence[Holding], policies: Mapping[int, Policy]
) -> list[GateFacts]:
    """Gather what gates look at for holders, in a fixed number of queries."""
    numbers = [holding.version_id for holding in holdings]
    rows = ModelVersion.objects.with_evidence().in_bulk(numbers)
    versions = [rows[number] for number in numbers]
    checks: dict[int, dict[str, CheckFact]] = {}
    for check in Check.objects.filter(version__in=numbers):
        fact = CheckFact(check.verdict, check.reported_at)
        checks.setdefault(check.version_id, {})[check.name] = fact
    together = _together(holdings)
    return [
        GateFacts(
            policy=Policy(_for_holders(policies[holding.pk].definition), 0),
            now=timezone.now(),
            asked_at=holding.started_at,
            level=level_to_decide(from_stage="", target=holding.target),
            candidate=known,
            checks=checks.get(version.pk, {}),
            holders_after=together[holding.model_id, holding.target.casefold()],
            version_status=version.status,
        )
        for holding, version, known in zip(
            holdings, versions, versions_facts(versions), strict=True
        )
    ]


def _for_holders(definition: PolicyDefinition) -> PolicyDefinition:
    """Leave out the rules that say nothing of who is there already."""
    fixed = tuple(rule for rule in definition.metrics if not rule.is_relative)
    left_out = {"approvals": (), "metrics": fixed, "signature": None}
    of_requests = {"freezes": (), "waiting_time": None, "files_unchanged": False}
    return definition.model_copy(update=left_out | of_requests)


def _together(holdings: Iterable[Holding]) -> dict[tuple[int, str], list[int]]:
    """Return the numbers of all that hold the same targets of the same models."""
    rows = Holding.objects.current().filter(
        model__in={one.model_id for one in holdings}
    )
    found: dict[tuple[int, str], list[int]] = {}
    for model, target, number in rows.values_list("model", "target", "version__number"):
        found.setdefault((model, target.casefold()), []).append(number)
    return {key: sorted(numbers) for key, numbers in found.items()}
