"""Hints: MLflow's own webhook says that something changed, so that we look at once.

A hint is believed in one thing only: where to look. The facts come from MLflow, through
the same functions as in a sync, so a forged, repeated or late hint costs a look and can
do nothing else, and one that is lost costs time: the sweeps find what changed.

Aliases and tags show in no poll, and a sweep takes a large MLflow a minute; so a hint
has just the model read that it names, and the version: two small requests, whatever the
size of the registry. Hints are rows, which wait while a sync is running, since the page
that it has passed may be the one that changed; they are deleted after MLflow was read,
and only those that were there before. Many at once are taken together, each model once,
and after each go MLflow rests, so that hints take at most a fiftieth of its time. What
piles up meanwhile is forgotten as soon as the sweeps have passed over it.
"""

import hmac
import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from registry_ui.actions.leases import LeaseLostError, renew_lease, take_lease
from registry_ui.actions.mirror import SyncContext
from registry_ui.actions.mirror_models import (
    match_models,
    mirror_aliases,
    mirror_models,
)
from registry_ui.actions.mirror_versions import mirror_versions
from registry_ui.actions.sweep import (
    MOST_STRANGERS,
    find_version,
    read_missing_versions,
    read_strangers,
    read_versions_of,
)
from registry_ui.errors import (
    ActionError,
    CredentialUnreadableError,
    UnsignedHintError,
)
from registry_ui.events import reading_wished
from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowNotFound,
    MLflowUnreadable,
    ModelInfo,
    parse_change,
)
from registry_ui.models import (
    NAME_LENGTH,
    Hint,
    MirrorState,
    MLflowWebhook,
    RegisteredModel,
)
from registry_ui.signing import mlflow_signature

logger = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
"""How far MLflow's clock may be from ours, its repeated tries included."""
SHARE = 0.02
"""The most of MLflow's time that hints take, as a fraction of 1; sweeps have theirs."""
MOST_HINTS = 500
MOST_MODELS = MOST_STRANGERS
"""So many are taken at once."""
MOST_VERSIONS_READ_SINGLY = 5
"""Beyond it, all versions of the model in one request are cheaper."""
PAUSE_AFTER_FAILURE = timedelta(seconds=10)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


def receive_hint(
    *, delivery_id: str, timestamp: str, signature: str, body: bytes
) -> None:
    """Note that something changed in MLflow, and let a worker look at it at once.

    Args:
        delivery_id: the value of `X-MLflow-Delivery-Id`.
        timestamp: of `X-MLflow-Timestamp`, seconds since the epoch.
        signature: of `X-MLflow-Signature`.
        body: the exact bytes that were sent.

    Raises:
        UnsignedHintError: it is not of the MLflow that we have a webhook at, or old.
        ActionError: it is, but cannot be understood.
    """
    now = timezone.now()
    expected = mlflow_signature(
        _secret(), delivery_id=delivery_id, timestamp=timestamp, body=body
    )
    # As bytes: what is not ASCII would raise.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise UnsignedHintError(
            "X-MLflow-Signature does not fit. After `manage.py mlflow_hints register`"
            " MLflow takes up to a minute to sign with another secret."
        )
    if not _is_fresh(timestamp, now):
        raise UnsignedHintError(
            "X-MLflow-Timestamp is more than 5 minutes off. If this is no repetition,"
            " the clock of MLflow's machine or of this one is wrong."
        )
    try:
        change = parse_change(body)
    except MLflowUnreadable as error:
        raise ActionError(str(error)) from error
    _note(change.name, change.number, now)


def read_hints(client: MLflowClient) -> SyncContext | None:
    """Mirror what waiting hints tell of.

    Returns:
        The memory of what was done; None where nothing waits, MLflow shall rest, or a
        sync is running: then hints keep.

    Raises:
        MLflowError: MLflow cannot be read; the hints keep.
    """
    state = MirrorState.load()
    if state.synced_at is None or not _may_ask() or not Hint.objects.exists():
        return None
    token = take_lease(MirrorState)
    if token is None:
        return None
    context = SyncContext(timezone.now(), state.synced_at)
    before = client.cost.seconds
    # Until it is known what this costs: whatever goes wrong is not tried again at once.
    _rest(PAUSE_AFTER_FAILURE)
    try:
        _read(client, context, token)
    except LeaseLostError:
        logger.warning("hints given up, a sync took over")
        return None
    finally:
        ours = MirrorState.objects.filter(lease_token=token)
        ours.update(lease_token="", lease_expires_at=None)
    seconds = client.cost.seconds - before
    _rest(timedelta(seconds=seconds / SHARE - seconds))
    return context


def _secret() -> str:
    webhook = MLflowWebhook.load()
    if webhook is None:
        raise UnsignedHintError(
            "Signoff expects no hints; `manage.py mlflow_hints register` would."
        )
    try:
        return webhook.secret
    except CredentialUnreadableError as error:
        raise UnsignedHintError(
            "The webhook's secret cannot be read any more: its key is not among"
            " SIGNOFF_ENCRYPTION_KEYS. Run `manage.py mlflow_hints register` again."
        ) from error


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


@transaction.atomic
def _note(name: str, number: int | None, now: datetime) -> None:
    """Store a hint; wake a worker if it is the only one that waits.

    A worker that is taking others just now may miss it; the clock's next tick does not.
    """
    hint = Hint.objects.create(
        received_at=now, model_name=name[:NAME_LENGTH], version_number=number
    )
    MLflowWebhook.objects.update(hinted_at=now)
    if not Hint.objects.exclude(pk=hint.pk).exists():
        reading_wished.send(sender=Hint)


def _may_ask() -> bool:
    webhook = MLflowWebhook.load()
    if webhook is None:
        return False
    return webhook.resume_at is None or webhook.resume_at <= timezone.now()


def _rest(pause: timedelta) -> None:
    MLflowWebhook.objects.update(resume_at=timezone.now() + pause)


def _read(client: MLflowClient, context: SyncContext, token: str) -> None:
    """Mirror what hints name, and delete them.

    A hint that comes meanwhile is another row, which stays.
    """
    old, fresh = _sorted(Hint.objects.order_by("pk")[:MOST_HINTS])
    Hint.objects.filter(pk__in=[hint.pk for hint in old]).delete()
    wanted = _by_model(fresh)
    for name, numbers in wanted.items():
        renew_lease(MirrorState, token)
        _read_model(name, numbers, client, context)
    read_strangers(client, context)
    for pk in sorted(context.unread_models):
        renew_lease(MirrorState, token)
        read_versions_of([pk], client, context)
    read_missing_versions(client, context)
    mirror_aliases(context)
    # What we wrote to meanwhile is asked for again.
    left = RegisteredModel.objects.filter(pk__in=context.left)
    done = wanted.keys() - set(left.values_list("name", flat=True))
    read = [hint.pk for hint in fresh if hint.model_name in done]
    Hint.objects.filter(pk__in=read).delete()
    counts = context.counts
    logger.info(
        "hints read hints=%d models=%d new=%d changed=%d gone=%d",
        len(read),
        len(done),
        counts["new"],
        counts["changed"],
        counts["gone"],
    )


def _sorted(hints: Iterable[Hint]) -> tuple[list[Hint], list[Hint]]:
    """Tell apart what both sweeps have passed over since, and what is news."""
    hints, state = list(hints), MirrorState.load()
    if state.models_swept_at is None or state.versions_swept_at is None:
        return [], hints
    swept_at = min(state.models_swept_at, state.versions_swept_at)
    old = [hint for hint in hints if hint.received_at < swept_at]
    return old, [hint for hint in hints if hint.received_at >= swept_at]


def _by_model(hints: Iterable[Hint]) -> dict[str, set[int]]:
    """Return the first few models that hints name, and of each the versions."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for hint in hints:
        if hint.model_name in wanted or len(wanted) < MOST_MODELS:
            numbers = {hint.version_number} if hint.version_number else set()
            wanted[hint.model_name] |= numbers
    return dict(wanted)


def _read_model(
    name: str, numbers: set[int], client: MLflowClient, context: SyncContext
) -> None:
    """Mirror a model, and the versions of it that hints name.

    What MLflow does not find, or the mirror does not know, is told by a sweep: it may
    have been renamed, made again or hidden.
    """
    try:
        info = client.get_model(name)
    except MLflowNotFound:
        return
    known, strangers = match_models([info], set())
    context.strangers |= {stranger.name for stranger in strangers}
    for pk in known:
        _mirror_known(pk, info, context)
        if len(numbers) > MOST_VERSIONS_READ_SINGLY:
            context.unread_models.add(pk)
        else:
            found = [
                find_version(client, name, number, context)
                for number in sorted(numbers)
            ]
            mirror_versions([info for info in found if info], context, client)


def _mirror_known(pk: int, info: ModelInfo, context: SyncContext) -> None:
    """Mirror all of a model but when it was touched.

    By that a sweep tells that versions may be gone, and reads all of them, which takes
    too long here.
    """
    touched_at = RegisteredModel.objects.get(pk=pk).updated_at
    mirror_models({pk: replace(info, updated_at=touched_at)}, context)
