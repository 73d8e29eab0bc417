"""Reading what decisions rest on: the run and the files of each version.

One reads at a time, whoever starts it, apart from the sync. A tick is short, and ticks
space themselves by what the last one cost. Runs come in bulk, files one by one. Each
answer is stored, also that a thing cannot be read; when such a part is due again is
said by `again_at`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.actions.evidence_files import read_due_files
from registry_ui.actions.evidence_runs import read_due_runs
from registry_ui.actions.leases import LeaseLostError, renew_lease, take_lease
from registry_ui.errors import ActionError
from registry_ui.events import reading_wished
from registry_ui.mlflow_client import MLflowClient, MLflowError
from registry_ui.models import Evidence, EvidenceState, ModelVersion

logger = logging.getLogger(__name__)

SHARE_OF_MLFLOW = 0.05


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is read at most in one go; None and infinity: all that is due."""

    runs: int | None
    file_seconds: float


A_TICK = Bound(runs=1000, file_seconds=1.0)
ALL = Bound(runs=None, file_seconds=float("inf"))


@dataclass(slots=True)
class EvidenceReport:
    """Of how many versions the run and the files were asked for."""

    runs: int = 0
    files: int = 0


Progress = Callable[[EvidenceReport], None]
"""Told after each request for runs and each version's files."""


def read_evidence(
    registry: MLflowClient,
    tracking: MLflowClient,
    *,
    bound: Bound = A_TICK,
    only_when_due: bool = False,
    progress: Progress = lambda _report: None,
) -> EvidenceReport | None:
    """Read runs and files that were never read, or are due again.

    Args:
        registry: serves the versions' files.
        tracking: serves the runs.
        bound: how much at most.
        only_when_due: do nothing while MLflow rests from the last reading.
        progress: called as things are read.

    Returns:
        What was read; None where somebody else is at it, or it is too early.

    Raises:
        MLflowError: MLflow cannot be used; what was read until then is stored.
    """
    resume_at = EvidenceState.load().resume_at
    if only_when_due and resume_at is not None and timezone.now() < resume_at:
        return None
    token = take_lease(EvidenceState)
    if token is None:
        return None
    reading = _Reading(token, progress)
    started = monotonic()
    try:
        failure = _read_parts(reading, registry, tracking, bound)
    except LeaseLostError:
        logger.warning("evidence given up, another one took over")
        return None
    _rest(token, monotonic() - started, str(failure or ""))
    if failure:
        raise failure
    return reading.report


@dataclass(slots=True)
class _Reading:
    """One go at it, under a lease that is renewed with all that is read."""

    token: str
    progress: Progress
    report: EvidenceReport = field(default_factory=EvidenceReport)

    def note_runs(self, count: int) -> None:
        """Count runs; raises LeaseLostError."""
        self.report.runs += count
        self._go_on()

    def note_files(self, count: int) -> None:
        """Count versions whose files were read; raises LeaseLostError."""
        self.report.files += count
        self._go_on()

    def _go_on(self) -> None:
        renew_lease(EvidenceState, self.token)
        self.progress(self.report)


def _read_parts(
    reading: _Reading, registry: MLflowClient, tracking: MLflowClient, bound: Bound
) -> MLflowError | None:
    """Read runs, then files; return why one of them broke off.

    They may come from two servers: where runs cannot be had, files still are.
    """
    failure: MLflowError | None = None
    try:
        read_due_runs(tracking, most=bound.runs, note=reading.note_runs)
    except MLflowError as error:
        failure = error
    try:
        read_due_files(registry, seconds=bound.file_seconds, note=reading.note_files)
    except MLflowError as error:
        failure = failure or error
    return failure


def _rest(token: str, cost_seconds: float, error: str) -> None:
    """Give the lease back, and leave MLflow alone for what this has cost it."""
    pause = timedelta(seconds=cost_seconds / SHARE_OF_MLFLOW - cost_seconds)
    EvidenceState.objects.filter(lease_token=token).update(
        resume_at=timezone.now() + pause,
        error=error,
        lease_token="",
        lease_expires_at=None,
    )


@transaction.atomic
def read_again(version: ModelVersion, *, actor: User) -> None:
    """Wish that a version's run and files are read again, before all others.

    Raises:
        PermissionDenied: the actor may not edit the model.
        ActionError: the version is gone from MLflow.
    """
    if not permissions.may_edit_model(actor, version.model):
        raise PermissionDenied
    if not version.is_live:
        raise ActionError(f"{version} was deleted in MLflow: there is nothing to read.")
    now = timezone.now()
    wish = {"wished_at": now, "run_due_at": now, "model_due_at": now}
    Evidence.objects.update_or_create(version=version, defaults=wish)
    # Whoever waits for it does not wait for MLflow's rest.
    EvidenceState.objects.update(resume_at=None)
    reading_wished.send(sender=Evidence)
