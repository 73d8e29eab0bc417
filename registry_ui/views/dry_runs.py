"""What other policies would say of open requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import policies_in_force
from registry_ui.gates import Gate
from registry_ui.models import TransitionRequest
from registry_ui.policies import Policy


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


def dry_runs(
    requests: Sequence[TransitionRequest], draft: Sequence[Policy]
) -> list[DryRun]:
    """Judge open requests under the policies that hold, and under a draft.

    Under the draft, reviews count as if they had been given under it.
    """
    held = policies_in_force() if requests else []
    return [_dry_run(request, held, draft) for request in requests]


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
