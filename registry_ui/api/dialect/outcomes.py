"""What a call's decision came to, and why not further: in words."""

from django.conf import settings

from registry_ui.actions.apply import wait_until_settled
from registry_ui.actions.decisions import gather_decision
from registry_ui.models import TransitionRequest

_PATIENCE = 10
"""A script waits longer for a worker than a person does; its client for a minute."""

Status = TransitionRequest.Status


def settled(request: TransitionRequest) -> TransitionRequest:
    """Wait a while for a worker, where there is something to wait for; read it again.

    Returns:
        The request with its version, model and people, as it is then.
    """
    wait_until_settled(request, seconds=_PATIENCE * settings.APPLY_PATIENCE_SECONDS)
    found = TransitionRequest.objects.select_related(
        "version__model", "requested_by", "closed_by"
    )
    return found.get(pk=request.pk)


def what_came_of(request: TransitionRequest) -> str:
    """Say in a sentence or two how far a request is, and where to read more."""
    number, at = f"Request #{request.number}", _address(request.get_absolute_url())
    match request.status:
        case Status.OPEN:
            left = gather_decision(request).gates_left
            why = " ".join(f"{gate.name}: {gate.explanation}" for gate in left)
            return f"{number} is open, and {_stays(request)}. {why} See {at}"
        case Status.APPROVED | Status.APPLYING:
            return f"{number} is approved, and a worker is at it. See {at}"
        case Status.FAILED:
            return f"{number} was approved, and failed. {request.failure} See {at}"
        case status:
            return f"{number} is {status}. See {at}"


def _stays(request: TransitionRequest) -> str:
    return f"{request.version} stays in {request.version.stage}"


def _address(path: str) -> str:
    return settings.BASE_URL.rstrip("/") + path
