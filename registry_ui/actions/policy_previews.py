"""All that can be said of a draft of policies before it holds. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry_ui.actions.backtest import Backtest, backtest
from registry_ui.actions.dry_runs import DryRun, HolderRuns, dry_runs, holder_runs
from registry_ui.actions.policies import (
    Change,
    PolicyChange,
    are_reordered,
    changes_of,
    policies_in_force,
)
from registry_ui.actions.policy_warnings import PolicyWarning, warnings_of
from registry_ui.policies import Policy, PolicyDefinition


@dataclass(frozen=True, slots=True)
class PolicyPreview:
    """What a draft would change, and what it says of what is, was and is asked."""

    changes: Sequence[PolicyChange]
    are_reordered: bool
    warnings: Sequence[PolicyWarning]
    runs: Sequence[DryRun]
    holders: HolderRuns
    backtest: Backtest

    @property
    def changed(self) -> list[PolicyChange]:
        """Return the policies that do not stay as they are."""
        return [one for one in self.changes if one.change is not Change.SAME]

    @property
    def same_count(self) -> int:
        """Return how many stay."""
        return len(self.changes) - len(self.changed)


def preview_of(definitions: Sequence[PolicyDefinition]) -> PolicyPreview:
    """Judge what is open, held and past under a draft; a few queries for each."""
    draft = [Policy(definition, 0) for definition in definitions]
    changes = changes_of(definitions)
    return PolicyPreview(
        changes=changes,
        are_reordered=are_reordered(policies_in_force(), changes),
        warnings=warnings_of(definitions),
        runs=dry_runs(draft),
        holders=holder_runs(draft),
        backtest=backtest(draft),
    )
