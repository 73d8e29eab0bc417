"""Reading the files of versions under review, where a policy asks that they stay.

MLflow tells paths and sizes but no digests, so contents are read whole, within bounds:
a change of equal size is one, too. It is read by a worker: soon after a request was
opened, every now and then, and right before it is applied.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from django.db import transaction
from django.utils import timezone

from registry_ui.actions.asking import asked
from registry_ui.actions.policies import policies_in_force, policy_of_request
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import ModelVersion, RequestFiles, TransitionRequest
from registry_ui.policies import Policy

logger = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024 * 1024
"""So much of a version's files is read; if there is more, they cannot be compared."""
MOST_SECONDS = 60.0
READING = timedelta(minutes=3)
"""More than one reading can take: the deadline, and the last file's own."""
AGAIN_AFTER = timedelta(minutes=5)
SHARE_OF_MLFLOW = 0.02
"""How much of MLflow's time the reading of one request's files takes at most."""

NO_FILES = "MLflow lists no file of it."


def asks_for_files(
    request: TransitionRequest, *, policies: Sequence[Policy] | None = None
) -> bool:
    """Does the policy that governs the request want its files to stay?"""
    policy = policy_of_request(request, policies=policies)
    return policy.definition.files_unchanged


def read_due_request_files(registry: MLflowClient) -> int:
    """Read the files of open requests that are due; return of how many.

    One at a time, as large files would keep all of a worker's threads busy.

    Raises:
        MLflowError: MLflow cannot be used; what was read until then is stored.
    """
    policies = policies_in_force()
    if not any(policy.definition.files_unchanged for policy in policies):
        return 0
    now = timezone.now()
    requests = TransitionRequest.objects.open().exclude(files__due_at__gt=now)
    count = 0
    for request in requests.select_related("version__model").order_by("pk"):
        if asks_for_files(request, policies=policies) and _claim(request):
            read_request_files(request, registry)
            count += 1
    return count


def _claim(request: TransitionRequest) -> bool:
    """Take the reading if it is due, and nobody reads; who dies is followed later."""
    now = timezone.now()
    rows = RequestFiles.objects.all()
    if rows.filter(reading_until__gt=now).exists():
        return False
    rows.get_or_create(request=request, defaults={"due_at": now})
    due = rows.filter(request=request, due_at__lte=now)
    return bool(due.update(due_at=now + READING, reading_until=now + READING))


def read_request_files(request: TransitionRequest, registry: MLflowClient) -> None:
    """Read the files of the request's version and store them, or why they cannot be.

    Raises:
        MLflowError: MLflow itself cannot be used.
    """
    began_at, started = timezone.now(), monotonic()
    found, error = _read(request.version, registry)
    rest = timedelta(seconds=(monotonic() - started) / SHARE_OF_MLFLOW)
    RequestFiles.objects.get_or_create(request=request, defaults={"due_at": began_at})
    _store(request, found, error, began_at=began_at, rest=max(rest, AGAIN_AFTER))
    logger.info("files read request=%d error=%s", request.number, error)


@transaction.atomic
def _store(
    request: TransitionRequest,
    found: dict[str, str] | None,
    error: str,
    *,
    began_at: datetime,
    rest: timedelta,
) -> None:
    """Store what was read, unless a reading that began later is there already."""
    row = RequestFiles.objects.select_for_update().get(request=request)
    if row.read_at is not None and row.read_at > began_at:
        return
    if found is not None and (found or row.first):
        row.first = row.first or found
        row.last = found
    row.error = NO_FILES if found == {} and not row.first else error
    row.read_at = began_at
    row.due_at = timezone.now() + rest
    row.reading_until = None
    row.save(
        update_fields=["first", "last", "error", "read_at", "due_at", "reading_until"]
    )


def _read(
    version: ModelVersion, registry: MLflowClient
) -> tuple[dict[str, str] | None, str]:
    """Return the files, or why they cannot be compared."""
    listed, error = asked(
        registry, lambda: registry.list_files(version.source, version.run_id)
    )
    if listed is None:
        return None, error
    if listed.is_cut:
        return None, f"MLflow lists more than {len(listed.sizes):,} files."
    if reason := _too_much(listed.sizes):
        return None, reason
    found: dict[str, str] = {}
    digest_file = partial(registry.digest_file, version.model.name, version.number)
    deadline = monotonic() + MOST_SECONDS
    for path in listed.sizes:
        if monotonic() > deadline:
            return None, f"Reading them takes more than {MOST_SECONDS:.0f} s."
        digest, error = asked(registry, partial(digest_file, path, limit=MOST_BYTES))
        if digest is None:
            return None, error
        found[path] = digest
    return found, ""


def _too_much(sizes: Mapping[str, int | None]) -> str:
    """Say why the contents are not read; empty if they are.

    MLflow tells no size of an empty file.
    """
    size = sum(size or 0 for size in sizes.values())
    if size <= MOST_BYTES:
        return ""
    return f"They have {size:,} bytes; contents are compared up to {MOST_BYTES:,}."
