"""Bringing the mirror up to date with what MLflow holds.

A sync is a full sweep: every model with its tags and aliases, every version with its
tags; what is not seen is asked for by name before it counts as deleted, since MLflow's
offset pages can lose rows while others write. Differences become audit events, except
in the first sync, which records one event for all. Sweeps space themselves by what the
last one cost, so that they take at most a fifth of MLflow's time.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from registry_ui.actions.mirror import (
    SweepContext,
    mirror_aliases,
    mirror_models,
    mirror_versions,
    retire_models,
    retire_versions,
)
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import MLflowClient, MLflowError, MLflowNotFound
from registry_ui.models import MirrorState, ModelVersion, RegisteredModel

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
SHARE_OF_MLFLOW = 0.2
PAGE = 1000


@dataclass(slots=True)
class SyncReport:
    """What one sync found and cost."""

    models: int = 0
    versions: int = 0
    changes: int = 0
    seconds: float = 0.0
    is_first: bool = False
    problems: list[str] = field(default_factory=list)


Progress = Callable[[str, int], None]
"""Told after each page: `models` or `versions`, and how many were read so far."""


def sync_mirror(
    client: MLflowClient,
    *,
    only_when_due: bool = False,
    progress: Progress = lambda _what, _count: None,
) -> SyncReport | None:
    """Sweep MLflow's registry into the mirror.

    Args:
        client: speaks to the registry.
        only_when_due: do nothing while the last sweep is young for what it cost.
        progress: called after each page.

    Returns:
        What was found; None where another sync is at it, or it is not due.

    Raises:
        MLflowError: MLflow cannot be read; what was mirrored until then stays, and the
            reason stands in `MirrorState`.
    """
    started_at = timezone.now()
    if only_when_due and not _is_due(MirrorState.load(), started_at):
        return None
    token = _take_lease(started_at)
    if token is None:
        return None
    # Read anew: another process may have filled the mirror just before.
    report = SyncReport(is_first=MirrorState.load().synced_at is None)
    context = SweepContext(started_at=started_at, is_first=report.is_first)
    try:
        _sweep(client, context, report, token, progress)
    except MLflowError as error:
        _note_failure(token, started_at, str(error))
        raise
    except LeaseLostError:
        logger.warning("sync given up, another one took over")
        return None
    report.changes = context.change_count
    report.seconds = (timezone.now() - started_at).total_seconds()
    _note_success(token, started_at, report)
    return report


def _is_due(state: MirrorState, now: datetime) -> bool:
    if state.finished_at is None:
        return True
    cost = state.duration_seconds
    pause = max(settings.SYNC_SECONDS - cost - 1, cost / SHARE_OF_MLFLOW - cost)
    return now >= state.finished_at + timedelta(seconds=pause)


def _take_lease(now: datetime) -> str | None:
    """Become the one that syncs, or learn that somebody else is at it."""
    token = secrets.token_hex(16)
    MirrorState.objects.get_or_create(id=MirrorState.ONLY)
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    taken = MirrorState.objects.filter(free, id=MirrorState.ONLY).update(
        lease_token=token, lease_expires_at=now + LEASE, tried_at=now
    )
    return token if taken else None


class LeaseLostError(Exception):
    """Another sync took over, since this one stood still for too long."""


def _renew_lease(token: str) -> None:
    renewed = MirrorState.objects.filter(lease_token=token).update(
        lease_expires_at=timezone.now() + LEASE
    )
    if not renewed:
        raise LeaseLostError


def _sweep(
    client: MLflowClient,
    context: SweepContext,
    report: SyncReport,
    token: str,
    progress: Progress,
) -> None:
    """Read all pages; each is one transaction, none is held over a call to MLflow."""
    for models in client.iter_models(page_size=PAGE):
        _renew_lease(token)
        mirror_models(models, context)
        report.models += len(models)
        progress("models", report.models)
    for versions in client.iter_versions(page_size=PAGE):
        _renew_lease(token)
        mirror_versions(versions, context)
        report.versions += len(versions)
        progress("versions", report.versions)
    mirror_aliases(context)
    _retire_unseen(client, context)
    if context.is_first:
        with transaction.atomic():
            record_event(
                EventType.MIRROR_FILLED,
                actor=None,
                models=report.models,
                versions=report.versions,
            )


def _retire_unseen(client: MLflowClient, context: SweepContext) -> None:
    """Mark as deleted what the sweep did not see and MLflow, asked by name, denies."""
    older = Q(written_at=None) | Q(written_at__lt=context.started_at)
    unseen = (
        RegisteredModel.objects.live().filter(older).exclude(pk__in=context.seen_models)
    )
    retire_models([m for m in unseen if _is_model_gone(client, m)])
    candidates = (
        ModelVersion.objects.live()
        .filter(Q(model__written_at=None) | Q(model__written_at__lt=context.started_at))
        .select_related("model")
    )
    gone = [
        version
        for version in candidates.only("number", "model__name", "stage").iterator()
        if version.pk not in context.seen_versions and _is_version_gone(client, version)
    ]
    retire_versions(gone)
    context.change_count += len(gone)


def _is_model_gone(client: MLflowClient, model: RegisteredModel) -> bool:
    try:
        return client.get_model(model.name).created_at != model.created_at
    except MLflowNotFound:
        return True


def _is_version_gone(client: MLflowClient, version: ModelVersion) -> bool:
    try:
        client.get_version(version.model.name, version.number)
    except MLflowNotFound:
        return True
    return False


def _note_success(token: str, started_at: datetime, report: SyncReport) -> None:
    MirrorState.objects.filter(lease_token=token).update(
        synced_at=started_at,
        finished_at=timezone.now(),
        duration_seconds=report.seconds,
        failing_since=None,
        error="",
        lease_token="",
        lease_expires_at=None,
    )
    logger.info(
        "sync finished models=%d versions=%d changes=%d seconds=%.2f",
        report.models,
        report.versions,
        report.changes,
        report.seconds,
    )


def _note_failure(token: str, started_at: datetime, reason: str) -> None:
    state = MirrorState.objects.filter(lease_token=token)
    state.filter(failing_since=None).update(failing_since=started_at)
    state.update(error=reason, lease_token="", lease_expires_at=None)
