"""Bringing the mirror up to date with what MLflow holds.

A sync has up to three parts. The *poll* reads the versions that were touched since the
last one. The *sweep of the models* reads all models, with aliases and tags, whose
changes no timestamp shows; the *sweep of the versions* all versions, with tags. What a
sweep does not see is asked for by name before it counts as gone, since MLflow's offset
pages can lose rows while others write. Sweeps space themselves by what the last one
cost, so that together they take at most a fifth of MLflow's time; on a small registry
that means each time.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.leases import LEASE, LeaseLostError, take_lease
from registry_ui.actions.mirror import SyncContext, Tell
from registry_ui.actions.mirror_models import mirror_aliases
from registry_ui.actions.poll import poll_versions
from registry_ui.actions.sweep import (
    read_left,
    read_missing_versions,
    read_strangers,
    read_versions_of,
    sweep_models,
    sweep_versions,
)
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import MLflowClient, MLflowError
from registry_ui.models import (
    Holding,
    MirrorState,
    ModelVersion,
    RegisteredModel,
)
from registry_ui.models.mirror import MODELS_SHARE, VERSIONS_SHARE

logger = logging.getLogger(__name__)

MOST_MODELS_READ_SINGLY = 50
"""Beyond it, a sweep of all versions is cheaper."""
BEAT_SECONDS = 10.0
"""How often the lease is renewed, at most, between two pages."""


@dataclass(slots=True)
class SyncReport:
    """What one sync read, found and cost."""

    is_first: bool
    read: dict[str, int]
    """How many were read, by part: `poll`, `models`, `versions`."""
    new: int = 0
    changed: int = 0
    gone: int = 0
    requests: int = 0
    seconds: float = 0.0

    @property
    def changes(self) -> int:
        """Return how many events there were, of what was new, changed or gone."""
        return self.new + self.changed + self.gone


def sync_mirror(
    client: MLflowClient,
    *,
    only_when_due: bool = False,
    full: bool = True,
    progress: Tell = lambda _what, _count: None,
) -> SyncReport | None:
    """Bring the mirror up to date.

    Args:
        client: speaks to the registry.
        only_when_due: leave out all parts that it is too early for.
        full: else, read all versions even if it is too early for that.
        progress: called after each page.

    Returns:
        What was found; None where another sync is at it, or nothing is due.

    Raises:
        MLflowError: MLflow cannot be read; what was mirrored until then stays, and the
            reason stands in `MirrorState`.
    """
    started_at = timezone.now()
    if only_when_due and not _is_due(MirrorState.load().poll_due_at, started_at):
        return None
    token = take_lease(MirrorState)
    if token is None:
        return None
    MirrorState.objects.filter(lease_token=token).update(tried_at=started_at)
    # Read anew: another process may have filled the mirror just before.
    state = MirrorState.load()
    context = SyncContext(started_at, state.synced_at)
    sync = _Sync(client, context, state, token, progress)
    sync.must_read_models |= not only_when_due
    sync.must_read_versions |= full and not only_when_due
    try:
        sync.run()
    except MLflowError as error:
        _note_failure(token, started_at, str(error))
        raise
    except LeaseLostError:
        logger.warning("sync given up, another one took over")
        return None
    return sync.report()


class _Sync:
    """One sync under way: its parts in order, each noted as soon as it is through."""

    def __init__(
        self,
        client: MLflowClient,
        context: SyncContext,
        state: MirrorState,
        token: str,
        progress: Tell,
    ) -> None:
        self.client = client
        self.context = context
        self.state = state
        self.token = token
        self.progress = progress
        # The first sync reads all there is.
        self.must_read_models = self.must_read_versions = context.is_first
        self.read: dict[str, int] = {}
        self.began = client.cost.requests, client.cost.seconds
        self.renewed_at = monotonic()
        context.beat = self._beat

    def run(self) -> None:
        """Read what is due, and settle it."""
        if not self.context.is_first:
            self._poll()
        if self._wants_models():
            self._read_models()
        if self._wants_versions():
            self._read_versions()
        elif self.context.unread_models:
            read_versions_of(self.context.unread_models, self.client, self.context)
        read_missing_versions(self.client, self.context)
        mirror_aliases(self.context)
        read_left(self.client, self.context, most=MOST_MODELS_READ_SINGLY)
        self._finish()
        if self.context.is_first:
            _learn_sizes()

    def _poll(self) -> None:
        newest = poll_versions(self.client, self.context, self.state, self._tell)
        self._note(polled_at=self.context.started_at, newest_update_at=newest)

    def _wants_models(self) -> bool:
        return (
            self.must_read_models
            or _is_due(self.state.models_due_at, self.context.started_at)
            or not read_strangers(self.client, self.context)
        )

    def _wants_versions(self) -> bool:
        return (
            self.must_read_versions
            or len(self.context.unread_models) > MOST_MODELS_READ_SINGLY
            or _is_due(self.state.versions_due_at, self.context.started_at)
        )

    def _read_models(self) -> None:
        before = self.client.cost.seconds
        sweep_models(self.client, self.context, self._tell)
        seconds = self.client.cost.seconds - before
        self._note(
            models_swept_at=self.context.started_at,
            models_seconds=seconds,
            models_due_at=_next(seconds, MODELS_SHARE),
        )

    def _read_versions(self) -> None:
        before = self.client.cost.seconds
        sweep_versions(self.client, self.context, self._tell)
        seconds = self.client.cost.seconds - before
        self._note(
            versions_swept_at=self.context.started_at,
            versions_seconds=seconds,
            versions_due_at=_next(seconds, VERSIONS_SHARE),
        )

    def _tell(self, phase: str, count: int) -> None:
        """Renew the lease, and say how far things got."""
        self.progress(phase, count)
        self.read[phase] = count
        self._renew(phase=phase, phase_count=count)

    def _beat(self) -> None:
        """Renew the lease between pages, too: a slow MLflow may be asked for much."""
        if monotonic() - self.renewed_at > BEAT_SECONDS:
            self._renew()

    def _renew(self, **columns: Any) -> None:
        self._update(lease_expires_at=timezone.now() + LEASE, **columns)
        self.renewed_at = monotonic()

    def _note(self, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(self.state, name, value)
        self._update(**columns)

    def _update(self, **columns: Any) -> None:
        """Write into the state's row, as long as the lease is ours.

        Raises:
            LeaseLostError: it is not.
        """
        row = MirrorState.objects.filter(lease_token=self.token)
        if not row.update(**columns):
            raise LeaseLostError

    @transaction.atomic
    def _finish(self) -> None:
        """Say that the mirror is up to date; of the first sync leave one event."""
        if self.context.is_first:
            newest = ModelVersion.objects.aggregate(newest=Max("updated_at"))["newest"]
            self._note(polled_at=self.context.started_at, newest_update_at=newest)
        looks = [self.state.polled_at, self.state.models_swept_at]
        pause = timedelta(seconds=settings.SYNC_SECONDS - 1)
        self._update(
            synced_at=min(look for look in looks if look is not None),
            poll_due_at=self.context.started_at + pause,
            failing_since=None,
            error="",
            phase="",
            phase_count=0,
            lease_token="",
            lease_expires_at=None,
        )
        if not Holding.objects.exists():
            infer_holdings(seen_at=self.context.started_at)
        if self.context.is_first:
            record_event(
                EventType.MIRROR_FILLED,
                actor=None,
                models=RegisteredModel.objects.live().count(),
                versions=ModelVersion.objects.live().count(),
            )

    def report(self) -> SyncReport:
        """Return what was found, and log it."""
        report = SyncReport(
            is_first=self.context.is_first,
            read=self.read,
            new=self.context.counts["new"],
            changed=self.context.counts["changed"],
            gone=self.context.counts["gone"],
            requests=self.client.cost.requests - self.began[0],
            seconds=(timezone.now() - self.context.started_at).total_seconds(),
        )
        logger.info(
            "sync finished read=%s new=%d changed=%d gone=%d requests=%d seconds=%.2f",
            ",".join(f"{part}:{count}" for part, count in report.read.items()),
            report.new,
            report.changed,
            report.gone,
            report.requests,
            report.seconds,
        )
        return report


def _learn_sizes() -> None:
    """Let PostgreSQL learn what a fill has put into its tables.

    It does so by itself within a minute; until then it reads whole tables for a page.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in apps.get_app_config("registry_ui").get_models():
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _is_due(due_at: datetime | None, now: datetime) -> bool:
    return due_at is None or now >= due_at


def _next(seconds: float, share: float) -> datetime:
    """Return when what has just cost MLflow so much may be read again."""
    return timezone.now() + timedelta(seconds=seconds / share - seconds)


def _note_failure(token: str, started_at: datetime, reason: str) -> None:
    state = MirrorState.objects.filter(lease_token=token)
    state.filter(failing_since=None).update(failing_since=started_at)
    state.update(
        error=reason, phase="", phase_count=0, lease_token="", lease_expires_at=None
    )
