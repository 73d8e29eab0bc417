"""Which open requests wait for whom."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision, policy_of
from registry_ui.gates import Gate, Verdict
from registry_ui.models import TransitionRequest


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """An open request and the gates that it has not passed."""

    request: TransitionRequest
    gates: tuple[Gate, ...]


def requests_to_decide(user: User) -> list[TransitionRequest]:
    """Return the open requests that the user may decide, the oldest first.

    One's own are left out where the policy wants somebody else.
    """
    waiting = TransitionRequest.objects.filter(pk__in=numbers_to_decide(user))
    found = waiting.select_related("version__model", "requested_by")
    return list(found.order_by("number"))


def numbers_to_decide(user: User) -> list[int]:
    """Return the numbers of the open requests that the user may decide.

    Every page counts them, so nothing is fetched that this does not need.
    """
    waiting = TransitionRequest.objects.open().visible_to(user).order_by("number")
    return [
        number
        for number, model, stage, target, requester in waiting.values_list(
            "number", "version__model", "version__stage", "target", "requested_by"
        )
        if permissions.level_on(user, model)
        >= permissions.level_to_decide(from_stage=stage, target=target)
        and not (requester == user.pk and policy_of(target).four_eyes)
    ]


def with_open_gates(requests: list[TransitionRequest]) -> list[WaitingRequest]:
    """Judge the requests' gates as the decision page does: a few queries each."""
    return [
        WaitingRequest(
            request,
            tuple(
                gate
                for gate in gather_decision(request).gates
                if gate.verdict is not Verdict.PASSED
            ),
        )
        for request in requests
    ]
