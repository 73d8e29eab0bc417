"""Versions in MLflow and in the mirror whose evidence was not read, and the reading."""

from datetime import timedelta
from itertools import count

import mlflow
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.evidence import ALL, Bound, EvidenceReport, read_evidence
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Evidence, ModelVersion
from tests.factories import make_model, make_version

_numbers = count(1)
RUNS_ONLY = Bound(runs=None, file_seconds=-1.0)


def new_name() -> str:
    """Return a model name that no other test uses."""
    return f"evidence {next(_numbers)}"


def mirrored(
    theirs: PlainClient, source: str = "s3://bucket/model", run_id: str = ""
) -> ModelVersion:
    """Register a version in MLflow, and mirror it by hand; nothing of it was read."""
    name = new_name()
    theirs.create_registered_model(name)
    theirs.create_model_version(name, source, run_id or None)
    model = make_model(name=name)
    return make_version(
        model=model, number=1, run_id=run_id, source=source, has_evidence=False
    )


def registered_text(theirs: PlainClient, text: str, *, path: str) -> ModelVersion:
    """Register a version out of a run that logged one file of text."""
    with mlflow.start_run() as run:
        mlflow.log_text(text, path)
    source = f"{run.info.artifact_uri}/model"
    return mirrored(theirs, source, run.info.run_id)


def read(client: MLflowClient, bound: Bound = ALL) -> EvidenceReport:
    report = read_evidence(client, client, bound=bound)
    assert report is not None
    return report


def evidence_of(version: ModelVersion) -> Evidence:
    return Evidence.objects.get(version=version)


def rewind(version: ModelVersion, **by: float) -> None:
    """Let all that was read of a version have been read earlier."""
    evidence = evidence_of(version)
    for name in ("run_read_at", "run_due_at", "model_read_at", "model_due_at"):
        if moment := getattr(evidence, name):
            setattr(evidence, name, moment - timedelta(**by))
    evidence.save()
