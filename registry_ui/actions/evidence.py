"""Reading what decisions rest on: the run and the MLmodel file of each version.

Runs are read in bulk. Files are read once a version, since they should not change; a
file that cannot be read is stored as such, with the reason.
"""

import logging
from collections.abc import Sequence

from django.utils import timezone

from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowError,
    MLflowNotFound,
    MLflowUnavailable,
    RunInfo,
)
from registry_ui.models import (
    Evidence,
    ModelVersion,
    TransitionRequest,
    as_json_numbers,
)

logger = logging.getLogger(__name__)

_RUN_FIELDS = (
    "run_name",
    "run_user",
    "run_status",
    "experiment_id",
    "metrics",
    "params",
    "run_tags",
    "datasets",
    "run_error",
)


def read_missing_evidence(
    registry: MLflowClient, tracking: MLflowClient, *, limit: int
) -> int:
    """Read the evidence of versions that have none, newest first.

    Runs of versions with open requests are read again, since a run may still change.

    Args:
        registry: serves the versions' files.
        tracking: serves the runs.
        limit: how many versions at most.

    Returns:
        How many versions were read for the first time.

    Raises:
        MLflowUnavailable: what was read until then is stored.
    """
    missing = list(
        ModelVersion.objects.live()
        .filter(evidence=None)
        .select_related("model")
        .order_by("-created_at")[:limit]
    )
    under_review = list(
        ModelVersion.objects.live()
        .filter(transition_requests__status=TransitionRequest.Status.OPEN)
        .exclude(evidence=None)
        .select_related("evidence")
        .distinct()
    )
    wanted = {v.run_id for v in [*missing, *under_review] if v.run_id}
    runs = tracking.get_runs(sorted(wanted)) if wanted else {}
    _refresh(under_review, runs)
    for version in missing:
        evidence = Evidence(version=version, read_at=timezone.now())
        _fill_from_run(evidence, version, runs)
        _fill_from_file(evidence, version, registry)
        Evidence.objects.bulk_create([evidence], ignore_conflicts=True)
    return len(missing)


def _refresh(versions: Sequence[ModelVersion], runs: dict[str, RunInfo]) -> None:
    for version in versions:
        evidence = version.evidence
        before = [getattr(evidence, name) for name in _RUN_FIELDS]
        _fill_from_run(evidence, version, runs)
        if before != [getattr(evidence, name) for name in _RUN_FIELDS]:
            evidence.read_at = timezone.now()
            evidence.save(update_fields=[*_RUN_FIELDS, "read_at"])


def _fill_from_run(
    evidence: Evidence, version: ModelVersion, runs: dict[str, RunInfo]
) -> None:
    if not version.run_id:
        evidence.run_error = "It was registered without a run."
        return
    run = runs.get(version.run_id)
    if run is None:
        evidence.run_error = "MLflow has its run no longer, or does not show it."
        return
    evidence.run_error = ""
    evidence.run_name = run.name
    evidence.run_user = run.user
    evidence.run_status = run.status
    evidence.experiment_id = run.experiment_id
    evidence.metrics = as_json_numbers(run.metrics)
    evidence.params = dict(run.params)
    evidence.run_tags = dict(run.tags)
    evidence.datasets = [
        {"name": d.name, "digest": d.digest, "context": d.context} for d in run.datasets
    ]


def _fill_from_file(
    evidence: Evidence, version: ModelVersion, registry: MLflowClient
) -> None:
    name, number = version.model.name, version.number
    try:
        file = registry.read_model_file(name, number)
    except MLflowUnavailable:
        raise
    except MLflowError as error:
        evidence.model_error = str(error)
        return
    evidence.signature = file.signature
    evidence.flavors = file.flavors
    evidence.model_size_bytes = file.model_size_bytes
    evidence.python_version = file.python_version or ""
    evidence.mlflow_version = file.mlflow_version or ""
    evidence.has_input_example = file.has_input_example
    try:
        evidence.requirements = list(registry.read_requirements(name, number))
    except MLflowNotFound:
        evidence.requirements = []
    except MLflowUnavailable:
        raise
    except MLflowError as error:
        evidence.model_error = str(error)
