"""What runs later or by the clock: each task loads nothing and calls one action."""

import logging

from celery import shared_task
from django.conf import settings

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.clock import judge_open_requests
from registry_ui.actions.evidence import read_evidence as run_reading
from registry_ui.actions.hints import read_hints as run_hints
from registry_ui.actions.metric_histories import read_wished_histories
from registry_ui.actions.reminders import remind_people as run_reminders
from registry_ui.actions.request_files import read_due_request_files
from registry_ui.actions.sync import sync_mirror as run_sync
from registry_ui.mlflow_client import MLflowClient, MLflowError
from registry_ui.wakeups import WakeUp

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def sync_mirror() -> None:
    """Bring the mirror up to date, unless it is too early or somebody is at it."""
    client = MLflowClient(settings.MLFLOW_REGISTRY_URI)
    try:
        report = run_sync(client, only_when_due=True)
        if report is not None and report.new:
            WakeUp(read_evidence, expires=5)()
    except MLflowError as error:
        # The state row holds the reason for the pages; the next tick tries again.
        logger.warning("sync failed error=%s", error)


@shared_task(ignore_result=True)
def read_hints() -> None:
    """Mirror what MLflow's webhook tells of, unless somebody is at it."""
    client = MLflowClient(settings.MLFLOW_REGISTRY_URI)
    try:
        context = run_hints(client)
        if context is not None and context.counts["new"]:
            WakeUp(read_evidence, expires=5)()
    except MLflowError as error:
        logger.warning("hints not read error=%s", error)


@shared_task(ignore_result=True)
def read_evidence() -> None:
    """Read a little of what is missing of runs and files, unless MLflow shall rest."""
    registry = MLflowClient(settings.MLFLOW_REGISTRY_URI)
    tracking = MLflowClient(settings.MLFLOW_TRACKING_URI)
    read_wished_histories(tracking)  # those whose own wake-up was lost
    try:
        run_reading(registry, tracking, only_when_due=True)
    except MLflowError as error:
        logger.warning("evidence not read error=%s", error)


@shared_task(ignore_result=True)
def read_metric_histories() -> None:
    """Read the histories of metrics that people look at."""
    read_wished_histories(MLflowClient(settings.MLFLOW_TRACKING_URI))


@shared_task(ignore_result=True)
def apply_requests() -> None:
    """Apply every plan that is due."""
    apply_due_requests(MLflowClient(settings.MLFLOW_REGISTRY_URI))


@shared_task(ignore_result=True)
def read_request_files() -> None:
    """Read the files of versions under review, where a policy asks that they stay."""
    try:
        read_due_request_files(MLflowClient(settings.MLFLOW_REGISTRY_URI))
    except MLflowError as error:
        logger.warning("files of requests not read error=%s", error)


@shared_task(ignore_result=True)
def judge_requests() -> None:
    """Approve open requests that have become ripe, and close those that expired."""
    judge_open_requests()


@shared_task(ignore_result=True)
def remind_people() -> None:
    """Tell people of what only the clock brings."""
    run_reminders()
