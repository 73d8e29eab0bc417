"""Taking back what came true of a plan that failed."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.requests import Status, change_of, locked
from registry_ui.errors import ActionError
from registry_ui.events import EventType, record_event
from registry_ui.models import RegisteredModel, TransitionRequest
from registry_ui.planning import Effect, invert

Kind = TransitionRequest.Kind


def taken_back(
    model: RegisteredModel, effects: Iterable[Effect]
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return what takes effects on the model back, and what nothing takes back."""
    is_gone = not model.is_in_mlflow
    live = model.versions.none() if is_gone else model.versions.filter(deleted_at=None)
    return invert(effects, live=set(live.values_list("number", flat=True)))


def way_back(
    request: TransitionRequest,
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return what an undo would do, and sentences on what nothing takes back."""
    return taken_back(request.version.model, Effect.many(request.carried_out))


def may_undo(user: User, request: TransitionRequest) -> bool:
    """May the user have what came true of the failed request taken back?

    A revert is itself a way back, to what was decided: it is only tried again.
    """
    has_failed = request.status == Status.FAILED and request.kind != Kind.REVERT
    return has_failed and permissions.may_review(user, request)


@transaction.atomic
def undo_request(request: TransitionRequest, *, actor: User) -> TransitionRequest:
    """Let a worker take back what came true of a failed plan, and close the request.

    What was so before was decided, so this needs no second person. Where nothing can be
    taken back the request is closed at once.

    Raises:
        PermissionDenied: the actor does not hold the level that decides on it.
        ActionError: it has not failed, or is a revert.
    """
    request = locked(request)
    if not permissions.may_review(actor, request):
        raise PermissionDenied
    if request.status != Status.FAILED:
        status = request.get_status_display().lower()
        raise ActionError(f"Only a failed request can be undone; this is {status}.")
    if request.kind == Kind.REVERT:
        raise ActionError("A revert cannot be undone; it can be tried again.")
    back, lost = way_back(request)
    request.undone_by = actor
    request.status = Status.APPLYING if back else Status.UNDONE
    request.failure = ""
    request.due_at = timezone.now() if back else None
    request.attempt_count = 0
    request.claim_token = ""
    request.save(
        update_fields=[
            "undone_by",
            "status",
            "failure",
            "due_at",
            "attempt_count",
            "claim_token",
        ]
    )
    if back:
        record_event(
            EventType.TRANSITION_REQUEST_UNDO_STARTED,
            actor=actor,
            request=request,
            plan=[str(effect) for effect in back],
            lost=lost,
        )
    else:
        record_undone(request, (), lost)
    return request


def record_undone(
    request: TransitionRequest, effects: Sequence[Effect], lost: Sequence[str]
) -> None:
    """Put on record that a request was undone, and what was not."""
    record_event(
        EventType.TRANSITION_REQUEST_UNDONE,
        actor=request.undone_by,
        request=request,
        **change_of(request),
        effects=[str(effect) for effect in effects],
        lost=lost,
    )
