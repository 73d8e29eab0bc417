"""Fills an MLflow server with the models of `catalog.py`, through MLflow's own client.

It continues where a kill left it: a model's experiment is marked when all its versions
stand, and within a model the versions are made in order, so their number says how far
it came.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Metric, Param
from mlflow.models import infer_signature

from config.demo import ticket_router, tickets
from config.demo.catalog import MODELS
from config.demo.data import DataSet, load
from config.demo.marker import COMPLETE, MARKER
from config.demo.training import SEED, Trained, train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from config.demo.plans import ModelPlan, VersionPlan

EXAMPLE_ROWS = 3
SIGNATURE_ROWS = 100


def seed_registry(tracking_uri: str, report: Callable[[str], None]) -> None:
    """Make every model that the server does not have yet.

    Args:
        report: takes one line of progress.

    Raises:
        mlflow.exceptions.MlflowException: the server refused or went away.
    """
    mlflow.set_tracking_uri(tracking_uri)
    client = MlflowClient()
    # Stages are deprecated, and young models do not always converge: true, and no
    # news to somebody who starts a demo.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for plan in MODELS:
            started = time.monotonic()
            if _make_model(client, plan):
                report(
                    f"{plan.name}: {len(plan.versions)} versions"
                    f" in {time.monotonic() - started:.1f} s"
                )


def _make_model(client: MlflowClient, plan: ModelPlan) -> bool:
    """Make one model and its versions; false if all was there already."""
    experiment = mlflow.set_experiment(plan.name)
    if experiment.tags.get(MARKER) == COMPLETE:
        return False
    _end_abandoned_runs(client, experiment.experiment_id)
    if not client.search_registered_models(f"name = '{plan.name}'"):
        client.create_registered_model(
            plan.name,
            tags={"owner": plan.owner, "task": plan.task, "tier": plan.tier},
            description=plan.card,
        )
    have = len(client.search_model_versions(f"name = '{plan.name}'"))
    for number, version in enumerate(plan.versions, start=1):
        if number > have:
            _make_version(client, plan, number, version)
        if number >= have:
            # Said again for the last one found: a kill may have come before its stage.
            _place(client, plan.name, str(number), version)
    client.set_experiment_tag(experiment.experiment_id, MARKER, COMPLETE)
    return True


def _end_abandoned_runs(client: MlflowClient, experiment_id: str) -> None:
    """Close what a killed seed left running."""
    for run in client.search_runs([experiment_id], "attributes.status = 'RUNNING'"):
        client.set_terminated(run.info.run_id, status="KILLED")


def _place(client: MlflowClient, name: str, number: str, version: VersionPlan) -> None:
    if version.stage:
        client.transition_model_version_stage(
            name, number, version.stage, archive_existing_versions=True
        )
    for alias in version.aliases:
        client.set_registered_model_alias(name, alias, number)


def _make_version(
    client: MlflowClient, plan: ModelPlan, number: int, version: VersionPlan
) -> None:
    """Train, log as a run, and register: one version of one model."""
    commit = hashlib.sha256(f"{plan.name}/{number}".encode()).hexdigest()[:40]
    run_tags = {
        "mlflow.user": version.user,
        "mlflow.source.name": f"train_{plan.name.replace('-', '_')}.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
        "owner": plan.owner,
    }
    with mlflow.start_run(
        run_name=f"{plan.name.split('-')[0]}-{number}", tags=run_tags
    ) as run:
        trained = _train(plan, version)
        log = _log_sklearn if version.estimator else _log_router
        model_id = log(trained, version)
        # After the model: what stands before is linked to it one request a metric.
        _log_evidence(client, run.info.run_id, model_id, version, trained)
        digest = _log_data(plan, version, trained)
    client.create_model_version(
        plan.name,
        source=f"models:/{model_id}",
        run_id=run.info.run_id,
        tags={"git_commit": commit[:12], "data_digest": digest, **version.tags},
        description=_description(version, trained),
        await_creation_for=0,
        model_id=model_id,
    )


def _train(plan: ModelPlan, version: VersionPlan) -> Trained:
    if not version.estimator:
        alpha = float(str(version.params["alpha"]))
        return tickets.train_router(
            version.rows or 800, alpha, _abbreviations(version), steps=version.steps
        )
    whole = load(plan.data)
    features = whole.features.drop(columns=list(version.without)).head(version.rows)
    seen = DataSet(
        whole.name,
        whole.task,
        features.astype(dict(version.casts)),
        whole.target.head(version.rows),
    )
    return train(
        seen,
        version.estimator,
        version.params,
        steps=version.steps,
        segment=plan.segment,
    )


def _abbreviations(version: VersionPlan) -> Mapping[str, str]:
    """The first router took words as they came; the plan says so by its rows."""
    return {} if version.rows else tickets.ABBREVIATIONS


def _log_evidence(
    client: MlflowClient,
    run_id: str,
    model_id: str,
    version: VersionPlan,
    trained: Trained,
) -> None:
    """Log parameters, curves and final metrics; the last also of the model itself."""
    now = int(time.time() * 1000)
    curves = [
        Metric(name, value, now, step)
        for name, values in trained.curves.items()
        for step, value in enumerate(values, start=1)
    ]
    final = [
        Metric(name, value, now, 0, model_id=model_id)
        for name, value in trained.final.items()
    ]
    params: dict[str, object] = {
        "estimator": version.estimator or "MultinomialNB",
        **version.params,
        "steps": version.steps,
        "training_rows": len(trained.training),
        "features": trained.training.shape[1] - 1,
        "seed": SEED,
    }
    client.log_batch(
        run_id,
        metrics=curves + final,
        params=[Param(name, str(value)) for name, value in params.items()],
    )


def _log_data(plan: ModelPlan, version: VersionPlan, trained: Trained) -> str:
    """Log what it was trained on; give the digest."""
    dataset = from_pandas(
        trained.training,
        name=load(plan.data).name if version.estimator else "customer-messages",
        targets=trained.training.columns[-1],
    )
    mlflow.log_input(dataset, context="training")
    return str(dataset.digest)


def _requirements(version: VersionPlan, *names: str) -> list[str]:
    if not version.pinned:
        return list(names)
    return [f"{name}=={installed(name)}" for name in names]


def _log_sklearn(trained: Trained, version: VersionPlan) -> str:
    table = trained.training.iloc[:SIGNATURE_ROWS, :-1]
    sample: Any = table.to_numpy() if version.as_tensor else table
    info = mlflow.sklearn.log_model(
        trained.pipeline,
        name="model",
        signature=infer_signature(sample, trained.pipeline.predict(table)),
        input_example=sample[:EXAMPLE_ROWS],
        # Named here, since finding them out would start Python once a version.
        pip_requirements=_requirements(
            version, "cloudpickle", "numpy", "pandas", "scikit-learn"
        ),
        # The default, skops, refuses scikit-learn's own trees.
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
    )
    return str(info.model_id)


def _log_router(trained: Trained, version: VersionPlan) -> str:
    sample: pd.DataFrame = trained.training[["subject", "body"]].head(EXAMPLE_ROWS)
    settings = {"threshold": version.params.get("threshold", 0)}
    outputs = trained.training[["route"]].head(EXAMPLE_ROWS)
    if settings["threshold"]:
        outputs = outputs.assign(confidence=0.5)
    with TemporaryDirectory() as folder:
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=ticket_router.__file__,
            artifacts=tickets.write_artifacts(
                Path(folder), trained.pipeline, _abbreviations(version)
            ),
            model_config=settings,
            signature=infer_signature(sample, outputs),
            input_example=sample,
            pip_requirements=_requirements(version, "joblib", "pandas", "scikit-learn"),
        )
    return str(info.model_id)


def _description(version: VersionPlan, trained: Trained) -> str:
    figures = ", ".join(
        f"`{name}` {value:.4g}" for name, value in sorted(trained.final.items())[:3]
    )
    return f"{version.note}\n\nOn the held-out quarter: {figures}."
