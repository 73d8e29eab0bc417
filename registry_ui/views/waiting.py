"""Which open requests wait for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet, Value

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision, policy_of
from registry_ui.gates import Gate, Verdict
from registry_ui.models import Incident, Level, TransitionRequest
from registry_ui.views.prepared import PreparedQuery


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
    """Return the numbers of the open requests that the user may decide, in order."""
    return what_waits(user).requests


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits in the registry.

    Attributes:
        requests: the numbers of those that the user may decide, in order.
        incidents: how many are open that the user may see.
    """

    requests: list[int]
    incidents: int


def what_waits(user: User) -> Waits:
    """Return what waits for a user.

    Every page counts it, so nothing is fetched that this does not need.
    """
    rows = _OPEN()
    requests = [
        number
        for number, model, stage, target, requester in rows
        if target
        and permissions.level_on(user, model)
        >= permissions.level_to_decide(from_stage=stage, target=target)
        and not (requester == user.pk and policy_of(target).four_eyes)
    ]
    incidents = sum(
        not target and permissions.level_on(user, model) >= Level.CAN_READ
        for _, model, _, target, _ in rows
    )
    return Waits(sorted(requests), incidents)


def _open(_: Sequence[int]) -> QuerySet[Any, Any]:
    """Return open requests and, without a target, open incidents."""
    requests = TransitionRequest.objects.open().order_by()
    incidents = Incident.objects.open().order_by()
    return requests.values_list(
        "number", "version__model", "version__stage", "target", "requested_by"
    ).union(
        incidents.values_list("number", "model", Value(""), Value(""), Value(0)),
        all=True,
    )


_OPEN = PreparedQuery(_open, most=0)


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
