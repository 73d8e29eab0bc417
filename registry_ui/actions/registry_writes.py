"""Changing MLflow's registry for a person: announce, ask MLflow, mirror and record.

Announcing is a short transaction: until it is withdrawn or has run out, sweeps leave
the model alone, so that they do not take our change for somebody else's, and nobody
else changes the model through us. A model that is not there yet is announced by its
name. No transaction is open while MLflow is asked. What it did is mirrored and recorded
in one transaction, with the person who did it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from registry_ui.actions.mirror import locked_model
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    shared_client,
    storable,
)
from registry_ui.models import RegisteredModel, Registration

WRITING = timedelta(seconds=60)
"""More than the deadlines of the calls that one change makes."""
_PAUSE_SECONDS = 0.02

_Answer = TypeVar("_Answer")


class MLflowFailedError(ActionError):
    """MLflow refused a change, or cannot be used.

    Attributes:
        reason: what the client raised.
    """

    def __init__(self, text: str, reason: MLflowError) -> None:
        super().__init__(text)
        self.reason = reason


def ask_mlflow(call: Callable[[MLflowClient], _Answer]) -> _Answer:
    """Return what MLflow answers to a call.

    Raises:
        MLflowFailedError: MLflow refused, or cannot be used; in words for who asked.
    """
    try:
        return call(shared_client(settings.MLFLOW_REGISTRY_URI))
    except MLflowNotFound as error:
        text = (
            f"MLflow has it no longer: {error} Signoff shows that with its next sync."
        )
        raise MLflowFailedError(text, error) from error
    except MLflowRefused as error:
        raise MLflowFailedError(f"MLflow refused: {error}", error) from error
    except MLflowError as error:
        text = (
            f"{error} Signoff has changed nothing. Should MLflow have done it all the"
            " same, the next sync shows it."
        )
        raise MLflowFailedError(text, error) from error


def change_in_mlflow(
    model: RegisteredModel,
    call: Callable[[MLflowClient], _Answer],
    *,
    check: Callable[[], None] | None = None,
) -> _Answer:
    """Announce a change of the model, and have MLflow make it.

    Mirror it with `mirroring` afterwards, which withdraws the announcement.

    Args:
        model: that is changed.
        call: has MLflow do it.
        check: raises what stands in the way of a change that no plan for the model may
            come across; asked at once, and again with the model locked. From then on
            no plan is begun.

    Raises:
        ActionError: somebody else is changing the model; or as `ask_mlflow`.
        PermissionDenied: by `check` or `call`.
    """
    if check:
        check()  # nobody need wait for what is refused anyway
    until = timezone.now() + WRITING
    _announce(model, until, check)
    try:
        return ask_mlflow(call)
    except (ActionError, PermissionDenied):
        mine = RegisteredModel.objects.filter(pk=model.pk, writing_until=until)
        mine.update(writing_until=None, closed_until=None)
        raise


def register_in_mlflow(name: str, call: Callable[[MLflowClient], _Answer]) -> _Answer:
    """Announce that a model is registered, and have MLflow do so.

    Mirror it with `mirror_new_model` afterwards, which withdraws the announcement.

    Raises:
        ActionError: as `ask_mlflow`.
    """
    # Durable: an open transaction would hide it.
    with transaction.atomic(durable=True):
        announced = Registration.objects.create(
            name=storable(name), until=timezone.now() + WRITING
        )
    try:
        return ask_mlflow(call)
    except ActionError:
        announced.delete()
        raise


@contextmanager
def mirroring(model: RegisteredModel) -> Iterator[RegisteredModel]:
    """Lock the model in a transaction that mirrors and records what MLflow did."""
    with transaction.atomic():
        row = locked_model(model.pk)
        row.writing_until = row.closed_until = None
        row.written_at = timezone.now()
        row.save(update_fields=["writing_until", "closed_until", "written_at"])
        yield row


def _announce(
    model: RegisteredModel, until: datetime, check: Callable[[], None] | None
) -> None:
    """Announce a change; whoever comes second waits for a moment."""
    deadline = time.monotonic() + settings.APPLY_PATIENCE_SECONDS
    while not _is_announced(model, until, check):
        if time.monotonic() > deadline:
            raise ActionError(
                f"Somebody else is changing {model.name} right now. Try again in a"
                " moment."
            )
        time.sleep(_PAUSE_SECONDS)


def _is_announced(
    model: RegisteredModel, until: datetime, check: Callable[[], None] | None
) -> bool:
    free = Q(writing_until=None) | Q(writing_until__lt=timezone.now())
    # Durable: an open transaction would hide the announcement, and hold its locks
    # while MLflow is asked.
    with transaction.atomic(durable=True):
        live = RegisteredModel.objects.live().filter(pk=model.pk)
        closed = {"closed_until": until} if check else {}
        if live.filter(free).update(writing_until=until, **closed):
            if check:
                check()
            return True
        if live.exists():
            return False
    raise ActionError(f"{model.name} was deleted in MLflow.")
