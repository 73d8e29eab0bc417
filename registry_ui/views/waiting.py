"""Which open requests wait for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet, Value
from django.http import HttpRequest

from registry_ui import permissions
from registry_ui.actions.awaited import awaited_from, decided_by
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import policies_in_force
from registry_ui.gates import Gate
from registry_ui.models import Incident, Level, TransitionRequest
from registry_ui.models.prepared import PreparedQuery
from registry_ui.views.getters import signed_in

_KNOWN = "_open_items"
_WAITS = "_what_waits"


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """An open request and the gates that it has not passed."""

    request: TransitionRequest
    gates: tuple[Gate, ...]


class OpenItem(NamedTuple):
    """An open request, or an open incident, which has no target.

    Attributes:
        number: of the request or incident.
        model: its primary key.
        stage: that the version has; empty for incidents, as is `target`.
        target: what is asked for.
    """

    number: int
    model: int
    stage: str
    target: str


def open_items(request: HttpRequest) -> list[OpenItem]:
    """Return what is open in the registry, asked for once a request.

    Every page counts it, and lists show it: nothing is fetched that none needs.
    """
    known = vars(request)
    if _KNOWN not in known:
        known[_KNOWN] = [OpenItem(*row) for row in _OPEN()]
    found: list[OpenItem] = known[_KNOWN]
    return found


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits in the registry.

    Attributes:
        requests: the numbers of those that wait for the user, in order.
        incidents: how many are open that the user may see.
    """

    requests: list[int]
    incidents: int


def what_waits(request: HttpRequest) -> Waits:
    """Return what waits for who asks; found out once a request.

    A request waits for those whose approval it still wants: not for its own requester
    where the policy wants somebody else, and not for who approved it already.
    """
    known = vars(request)
    if _WAITS not in known:
        known[_WAITS] = _waits(signed_in(request), open_items(request))
    found: Waits = known[_WAITS]
    return found


def _waits(user: User, items: Sequence[OpenItem]) -> Waits:
    numbers = decided_by(user, [item for item in items if item.target])
    incidents = sum(
        not target and permissions.level_on(user, model) >= Level.CAN_READ
        for _, model, _, target in items
    )
    return Waits(sorted(awaited_from(user, numbers)), incidents)


def requests_to_decide(request: HttpRequest) -> list[TransitionRequest]:
    """Return the requests that wait for who asks, the oldest first."""
    numbers = what_waits(request).requests
    found = TransitionRequest.objects.filter(pk__in=numbers)
    found = found.select_related("version__model", "requested_by")
    return list(found.order_by("number"))


def _open(_: Sequence[int]) -> QuerySet[Any, Any]:
    """Return open requests and, without a target, open incidents."""
    requests = TransitionRequest.objects.open().order_by()
    incidents = Incident.objects.open().order_by()
    return requests.values_list(
        "number", "version__model", "version__stage", "target"
    ).union(
        incidents.values_list("number", "model", Value(""), Value("")),
        all=True,
    )


_OPEN = PreparedQuery(_open, most=0)


def with_open_gates(requests: list[TransitionRequest]) -> list[WaitingRequest]:
    """Judge the requests' gates as the decision page does: a few queries each."""
    policies = policies_in_force() if requests else []
    return [
        WaitingRequest(
            request, tuple(gather_decision(request, policies=policies).gates_left)
        )
        for request in requests
    ]
