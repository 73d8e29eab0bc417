"""Reading what decisions rest on: the run and the files of each version.

One reads at a time, whoever starts it, apart from the sync. Runs come in bulk, files
one by one; a tick is short, and then each of the two rests for what it has cost MLflow,
so that a run need not wait for the files of others. Each answer is stored, also that a
thing cannot be read; when such a part is due again is said by `again_at`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
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

SHARES_OF_MLFLOW = {"runs": 0.03, "files": 0.02}
"""How much of MLflow's time each may take."""
SAVED_REST = timedelta(minutes=1)
"""So much rest at most is saved up while nothing is due. A version that is registered
now and then is read at once, however slow the machine; it is the load of many that is
spread."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is read at most in one go; None and infinity: all that is due."""

    runs: int | None
    file_seconds: float


A_TICK = Bound(runs=1000, file_seconds=0.5)
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
    resume_at = _resume_at()
    now = timezone.now()
    parts = [part for part, at in resume_at.items() if not only_when_due or at <= now]
    token = take_lease(EvidenceState) if parts else None
    if token is None:
        return None
    started_at = timezone.now()
    reading = _Reading(token, progress)
    reads: dict[str, Callable[[], None]] = {
        "runs": partial(
            read_due_runs, tracking, most=bound.runs, note=reading.note_runs
        ),
        "files": partial(
            read_due_files,
            registry,
            seconds=bound.file_seconds,
            note=reading.note_files,
        ),
    }
    failures: list[MLflowError] = []
    rests: dict[str, datetime] = {}
    try:
        for part in parts:
            # They may come from two servers: one that is away does not stop the other.
            cost = _cost(reads[part], failures)
            rests[f"{part}_resume_at"] = _rest(part, cost, resume_at[part])
    except LeaseLostError:
        logger.warning("evidence given up, another one took over")
        return None
    if Evidence.objects.filter(wished_at__gte=started_at).exists():
        rests = {}  # wished for meanwhile: somebody waits
    EvidenceState.objects.filter(lease_token=token).update(
        error=str(failures[0]) if failures else "",
        lease_token="",
        lease_expires_at=None,
        **rests,
    )
    if failures:
        raise failures[0]
    return reading.report


def _resume_at() -> dict[str, datetime]:
    """Return when MLflow may be asked for each of the two.

    An instant that is past tells from when on rest is saved up.
    """
    state = EvidenceState.load()
    resume_at = {"runs": state.runs_resume_at, "files": state.files_resume_at}
    long_ago = timezone.now() - SAVED_REST
    return {part: at or long_ago for part, at in resume_at.items()}


def _cost(read: Callable[[], None], failures: list[MLflowError]) -> timedelta:
    """Read one part, note why it broke off, and return how long it took."""
    started = monotonic()
    try:
        read()
    except MLflowError as error:
        failures.append(error)
    return timedelta(seconds=monotonic() - started)


def _rest(part: str, cost: timedelta, resumed_at: datetime) -> datetime:
    """Return until when a part rests for what it has cost, less what was saved up."""
    started_at = timezone.now() - cost
    saved_from = max(resumed_at, started_at - SAVED_REST)
    return saved_from + cost / SHARES_OF_MLFLOW[part]


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
    EvidenceState.objects.update(runs_resume_at=None, files_resume_at=None)
    reading_wished.send(sender=Evidence)
