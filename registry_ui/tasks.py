"""What runs later or by the clock: each task loads nothing and calls one action."""

import logging

from celery import shared_task
from django.conf import settings

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.evidence import read_missing_evidence
from registry_ui.actions.sync import sync_mirror as run_sync
from registry_ui.mlflow_client import MLflowClient, MLflowError

logger = logging.getLogger(__name__)

EVIDENCE_BATCH = 100
"""Versions whose files are read a tick, so that a tick stays short."""


@shared_task(ignore_result=True)
def sync_mirror() -> None:
    """Bring the mirror up to date, unless it is too early or somebody is at it."""
    client = MLflowClient(settings.MLFLOW_REGISTRY_URI)
    try:
        if run_sync(client, only_when_due=True) is not None:
            tracking = MLflowClient(settings.MLFLOW_TRACKING_URI)
            read_missing_evidence(client, tracking, limit=EVIDENCE_BATCH)
    except MLflowError as error:
        # The state row holds the reason for the pages; the next tick tries again.
        logger.warning("sync failed error=%s", error)


@shared_task(ignore_result=True)
def apply_requests() -> None:
    """Apply every plan that is due."""
    apply_due_requests(MLflowClient(settings.MLFLOW_REGISTRY_URI))
