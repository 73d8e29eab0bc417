"""A metric by step: wished for by who looks at it, read by a worker, kept."""

import logging
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from registry_ui import permissions
from registry_ui.charts import downsample
from registry_ui.errors import ActionError
from registry_ui.events import reading_wished
from registry_ui.mlflow_client import MetricPoint, MLflowClient, MLflowError
from registry_ui.models import (
    METRIC_KEY_LENGTH,
    Evidence,
    MetricHistory,
    ModelVersion,
    as_json_number,
)

logger = logging.getLogger(__name__)

MOST_POINTS = 100_000
"""So many are read of one history, the first by time of logging."""
BUCKETS = 300
"""Of each the lowest and the highest point are kept: more than a screen can show."""
KEPT_WHILE_RUNNING = timedelta(seconds=15)
"""As long as the run goes on, a history is read again when it is older than this."""
KEPT_WHILE_FAILING = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
"""More than the deadlines of the few calls that one history takes."""


def wants_reading(history: MetricHistory | None, evidence: Evidence) -> bool:
    """Is what is stored of a metric missing, or older than it should be?

    The history of a run that has ended is kept.
    """
    now = timezone.now()
    if history is None:
        return True
    if history.due_at is not None:
        return False  # on its way
    if history.error:
        return history.is_old(now, after=KEPT_WHILE_FAILING)
    return evidence.is_run_running and history.is_old(now, after=KEPT_WHILE_RUNNING)


@transaction.atomic
def wish_history(version: ModelVersion, key: str, *, actor: User) -> MetricHistory:
    """Wish that a metric's history is read, whatever is stored of it.

    Raises:
        PermissionDenied: the actor may not read the model.
        ActionError: the version's run has logged no such metric.
    """
    if not permissions.may_read(actor, version.model):
        raise PermissionDenied
    evidence = Evidence.objects.filter(version=version).first()
    if evidence is None or key not in evidence.metrics or len(key) > METRIC_KEY_LENGTH:
        raise ActionError("The run has logged no such metric, as far as Signoff read.")
    history, _ = MetricHistory.objects.get_or_create(version=version, key=key)
    if history.due_at is None:
        history.due_at = timezone.now()
        history.save(update_fields=["due_at"])
        reading_wished.send(sender=MetricHistory)
    return history


def read_wished_histories(tracking: MLflowClient) -> int:
    """Read every history that somebody waits for; return how many."""
    count = 0
    while (history := _claim()) is not None:
        _read(history, tracking)
        count += 1
    return count


def _claim() -> MetricHistory | None:
    """Take one that is due, or none; who dies over it is followed after the lease."""
    now = timezone.now()
    due = MetricHistory.objects.filter(due_at__lte=now)
    for pk in due.order_by("due_at").values_list("pk", flat=True)[:10]:
        if due.filter(pk=pk).update(due_at=now + LEASE):
            return MetricHistory.objects.select_related("version").get(pk=pk)
    return None


def _read(history: MetricHistory, tracking: MLflowClient) -> None:
    """Store the points, or why there are none; what was read before then stays."""
    try:
        points = tracking.metric_history(
            history.version.run_id, history.key, most=MOST_POINTS
        )
    except MLflowError as error:
        history.error = str(error)
        logger.warning("metric history not read history=%d", history.pk)
    else:
        history.error = ""
        history.points = _curve(points)
        history.point_count = len(points)
        history.is_cut = len(points) >= MOST_POINTS
    history.read_at = timezone.now()
    history.due_at = None
    history.save(
        update_fields=[
            "error",
            "points",
            "point_count",
            "is_cut",
            "read_at",
            "due_at",
        ]
    )


def _curve(points: list[MetricPoint]) -> list[tuple[int, float | str]]:
    drawn = downsample([(point.step, point.value) for point in points], BUCKETS)
    return [(int(step), as_json_number(value)) for step, value in drawn]
