"""The runs of versions: read in bulk, written in bulk, no query a row."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registry_ui.actions.retries import again_at
from registry_ui.mlflow_client import MLflowClient, RunInfo
from registry_ui.models import (
    Evidence,
    ModelVersion,
    TransitionRequest,
    as_json_numbers,
)

AGAIN_WHILE_RUNNING = timedelta(minutes=1)
"""A run that is still going on is read again after this, then twice as long."""
AGAIN_UNDER_REVIEW = timedelta(seconds=10)
"""Runs of versions with open requests are read this often: a run may still change."""
ROWS_A_TRANSACTION = 500

NO_RUN = "It was registered without a run."
NOT_SHOWN = "MLflow has its run no longer, or does not show it."

_ANSWER_FIELDS = ["run_read_at", "run_due_at", "run_error"]
_RUN_FIELDS = [
    *_ANSWER_FIELDS,
    "run_name",
    "run_user",
    "run_status",
    "experiment_id",
    "metrics",
    "params",
    "run_tags",
    "datasets",
]
_COLUMNS = ("pk", "run_id", "created_at", "evidence__run_read_at")


_Item = TypeVar("_Item")
Note = Callable[[int], None]
"""Takes how many were just read; may raise to have it stopped."""


class _Due(NamedTuple):
    """A version whose run is due; columns as in `_COLUMNS`."""

    version_id: int
    run_id: str
    created_at: datetime
    read_at: datetime | None


def read_due_runs(tracking: MLflowClient, *, most: int | None, note: Note) -> None:
    """Read the runs of versions that lack them or are due again, newest first.

    Raises:
        MLflowError: what was read until then is stored.
    """
    by_run: dict[str, list[_Due]] = defaultdict(list)
    for due in _due(most):
        by_run[due.run_id].append(due)
    for asked, found in _one_ahead(tracking.iter_runs(by_run)):
        answered = [due for run_id in asked for due in by_run[run_id]]
        for start in range(0, len(answered), ROWS_A_TRANSACTION):
            part = answered[start : start + ROWS_A_TRANSACTION]
            _store(part, found)
            note(len(part))


def _one_ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield each item while a thread fetches the next: MLflow works as we store."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _due(most: int | None) -> Iterable[_Due]:
    """Return each version once: those under review, without evidence, due again."""
    now = timezone.now()
    live = ModelVersion.objects.live().order_by("-created_at")
    # Asked every few seconds about all versions: no join that it can do without. What
    # a tag hides as a prompt is read with the others.
    known = Evidence.objects.filter(version=OuterRef("pk"))
    unknown = ModelVersion.objects.filter(~Exists(known), deleted_at=None)
    is_open = Q(transition_requests__status=TransitionRequest.Status.OPEN)
    old = Q(evidence__run_read_at__lt=now - AGAIN_UNDER_REVIEW)
    found: dict[int, _Due] = {}
    for versions in (
        live.filter(is_open, old).distinct(),
        unknown.order_by("-created_at"),
        live.filter(evidence__run_due_at__lte=now),
    ):
        left = None if most is None else max(0, most - len(found))
        rows = versions.values_list(*_COLUMNS)[:left]
        found |= {row[0]: _Due(*row) for row in rows.iterator()}
    return found.values()


def _store(answered: Sequence[_Due], found: dict[str, RunInfo]) -> None:
    now = timezone.now()
    complete: list[Evidence] = []
    lacking: list[Evidence] = []
    for due in answered:
        evidence = Evidence(
            version_id=due.version_id,
            run_read_at=now,
            model_due_at=min(due.created_at, now),
        )
        run = found.get(due.run_id)
        if run is None:
            evidence.run_error = NOT_SHOWN if due.run_id else NO_RUN
            # That there is no run is an answer that stays.
            evidence.run_due_at = again_at(due.read_at, now) if due.run_id else None
            lacking.append(evidence)
        else:
            _fill(evidence, run)
            if evidence.is_run_running:
                first = AGAIN_WHILE_RUNNING
                evidence.run_due_at = again_at(due.read_at, now, first=first)
            complete.append(evidence)
    # What was read before stays beside the reason why it cannot be read now.
    for rows, fields in ((complete, _RUN_FIELDS), (lacking, _ANSWER_FIELDS)):
        Evidence.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["version"],
            update_fields=fields,
        )


def _fill(evidence: Evidence, run: RunInfo) -> None:
    evidence.run_name = run.name
    evidence.run_user = run.user
    evidence.run_status = run.status[:32]
    evidence.experiment_id = run.experiment_id[:64]
    evidence.metrics = as_json_numbers(run.metrics)
    evidence.params = run.params
    evidence.run_tags = run.tags
    evidence.datasets = [
        {"name": d.name, "digest": d.digest, "context": d.context} for d in run.datasets
    ]
