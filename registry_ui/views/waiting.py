"""Which open requests wait for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet, Value
from django.http import HttpRequest

from registry_ui import permissions
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.policies import policies_in_force, policy_of
from registry_ui.gates import Gate
from registry_ui.models import Incident, Level, RegisteredModel, TransitionRequest
from registry_ui.views.prepared import PreparedQuery

_KNOWN = "_open_items"


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
        requester: primary key of who asks; 0 for incidents.
    """

    number: int
    model: int
    stage: str
    target: str
    requester: int | None


def open_items(request: HttpRequest) -> list[OpenItem]:
    """Return what is open in the registry, asked for once a request.

    Every page counts it, and lists show it: nothing is fetched that none needs.
    """
    known = vars(request)
    if _KNOWN not in known:
        known[_KNOWN] = [OpenItem(*row) for row in _OPEN()]
    found: list[OpenItem] = known[_KNOWN]
    return found


def requests_to_decide(
    user: User, items: Iterable[OpenItem]
) -> list[TransitionRequest]:
    """Return the open requests that the user may decide, the oldest first.

    One's own are left out where the policy wants somebody else.
    """
    numbers = what_waits(user, items).requests
    found = TransitionRequest.objects.filter(pk__in=numbers)
    found = found.select_related("version__model", "requested_by")
    return list(found.order_by("number"))


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits in the registry.

    Attributes:
        requests: the numbers of those that the user may decide, in order.
        incidents: how many are open that the user may see.
    """

    requests: list[int]
    incidents: int


def what_waits(user: User, items: Iterable[OpenItem]) -> Waits:
    """Return what waits for a user, of what is open."""
    items = list(items)
    vain = _in_vain(user, items)
    requests = [
        number
        for number, model, stage, target, _ in items
        if target
        and permissions.level_on(user, model)
        >= permissions.level_to_decide(from_stage=stage, target=target)
        and number not in vain
    ]
    incidents = sum(
        not target and permissions.level_on(user, model) >= Level.CAN_READ
        for _, model, _, target, _ in items
    )
    return Waits(sorted(requests), incidents)


def _in_vain(user: User, items: Iterable[OpenItem]) -> set[int]:
    """Return the user's own requests that the policy wants somebody else to approve."""
    own = [item for item in items if item.target and item.requester == user.pk]
    if not own:
        return set()
    policies = policies_in_force()
    names = RegisteredModel.objects.in_bulk({item.model for item in own})
    return {
        item.number
        for item in own
        if policy_of(
            names[item.model].name, item.target, policies=policies
        ).definition.excludes_requester
    }


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
    policies = policies_in_force() if requests else []
    return [
        WaitingRequest(
            request, tuple(gather_decision(request, policies=policies).gates_left)
        )
        for request in requests
    ]
