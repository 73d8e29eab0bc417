"""Runs, metric histories and the files of models that were really logged."""

import math
import warnings
from datetime import UTC, datetime

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.data.numpy_dataset import from_numpy
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
from sklearn.linear_model import LogisticRegression

from registry_ui.mlflow_client import (
    DatasetInfo,
    MLflowClient,
    MLflowNotFound,
    MLflowUnreadable,
)
from registry_ui.mlflow_client.connection import Connection, Take
from registry_ui.mlflow_client.model_file import MAX_MODEL_FILE_BYTES


def make_run(theirs: MlflowClient, experiment: str = "0") -> str:
    run_id: str = theirs.create_run(experiment, run_name="night").info.run_id
    return run_id


def test_runs_are_read_with_all_that_they_logged(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    experiment = theirs.create_experiment(name)
    with mlflow.start_run(experiment_id=experiment, run_name="night") as run:
        mlflow.log_params({"depth": 3, "note": "it's"})
        mlflow.log_metrics({"auc": 0.91, "lift": 0.0})
        mlflow.set_tag("team", "risk")
        churn = from_numpy(np.zeros(3), name="churn", digest="d1")
        mlflow.log_input(churn, context="training")

    read = mlflow_client.get_runs([run.info.run_id])[run.info.run_id]

    assert (read.name, read.experiment_id, read.status) == (
        "night",
        experiment,
        "FINISHED",
    )
    assert read.user
    assert read.params == {"depth": "3", "note": "it's"}
    assert read.metrics == {"auc": 0.91, "lift": 0.0}
    assert read.tags["team"] == "risk"
    assert read.datasets == (DatasetInfo("churn", "d1", "training"),)
    assert read.started_at is not None
    assert read.ended_at is not None
    assert read.started_at <= read.ended_at


def test_metrics_that_are_no_numbers_come_as_floats(
    theirs: MlflowClient, mlflow_client: MLflowClient
) -> None:
    run_id = make_run(theirs)
    for key, value in {"nan": math.nan, "up": math.inf, "down": -math.inf}.items():
        theirs.log_metric(run_id, key, value)

    metrics = mlflow_client.get_runs([run_id])[run_id].metrics

    assert math.isnan(metrics["nan"])
    assert metrics["up"] > 1e308
    assert metrics["down"] < -1e308


def test_runs_of_all_experiments_are_found_deleted_ones_too(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    elsewhere = theirs.create_experiment(name)
    alive, deleted = make_run(theirs), make_run(theirs)
    buried = make_run(theirs, elsewhere)
    theirs.delete_run(deleted)
    theirs.delete_experiment(elsewhere)
    odd = ["0" * 32, "it's'", "", 'x" OR 1', "ünknown"]

    runs = mlflow_client.get_runs([alive, deleted, buried, alive, *odd])

    assert set(runs) == {alive, deleted, buried}
    assert runs[alive].status == "RUNNING"
    assert runs[alive].ended_at is None


def test_more_runs_than_one_request_takes_are_all_found(
    theirs: MlflowClient, mlflow_client: MLflowClient
) -> None:
    made = [make_run(theirs) for _ in range(3)]
    missing = [f"{number:032x}" for number in range(1200)]

    runs = mlflow_client.get_runs([made[0], *missing, *made[1:]])

    assert set(runs) == set(made)


def test_no_ids_ask_for_nothing(mlflow_client: MLflowClient) -> None:
    assert mlflow_client.get_runs([]) == {}


def test_a_metric_history_is_whole_and_in_order(
    theirs: MlflowClient, mlflow_client: MLflowClient
) -> None:
    run_id = make_run(theirs)
    theirs.log_metric(run_id, "loss", 0.5, timestamp=3000, step=2)
    theirs.log_metric(run_id, "loss", math.nan, timestamp=2000, step=1)
    theirs.log_metric(run_id, "loss", 0.9, timestamp=10**17, step=0)

    points = mlflow_client.metric_history(run_id, "loss")

    assert [point.step for point in points] == [0, 1, 2]
    assert points[0].timestamp == datetime.max.replace(tzinfo=UTC)
    assert math.isnan(points[1].value)
    assert points[2].timestamp == datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert mlflow_client.metric_history(run_id, "unknown") == []


def test_a_long_metric_history_is_read_no_further_than_asked(
    theirs: MlflowClient, mlflow_client: MLflowClient
) -> None:
    run_id = make_run(theirs)
    for step in range(5):
        theirs.log_metric(run_id, "loss", float(step), timestamp=step, step=step)

    points = mlflow_client.metric_history(run_id, "loss", most=3)

    assert [point.step for point in points] == [0, 1, 2]


def test_runs_whose_answer_is_too_large_are_asked_for_in_smaller_numbers(
    theirs: MlflowClient, mlflow_client: MLflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_run(theirs) for _ in range(4)]
    large = make_run(theirs)
    for key in ("first", "second", "third"):
        theirs.set_tag(large, key, "x" * 7_900)
    monkeypatch.setattr(Connection._send, "__kwdefaults__", {"take": Take(20_000)})

    runs = mlflow_client.get_runs([*made, large])

    assert set(runs) == set(made)


@pytest.fixture(scope="module")
def logged_model(theirs: MlflowClient) -> str:
    """A scikit-learn model, logged and registered as anybody would; its name."""
    model = LogisticRegression().fit([[20.0, 0.0], [60.0, 1.0]], [0, 1])
    signature = ModelSignature(
        inputs=Schema([ColSpec("double", "age"), ColSpec("double", "plan")]),
        outputs=Schema([ColSpec("long")]),
        params=ParamSchema([ParamSpec("threshold", "double", 0.5)]),
    )
    # MLflow and pandas warn about each other.
    with mlflow.start_run(), warnings.catch_warnings(action="ignore"):
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name="really-logged",
            signature=signature,
            input_example={"age": 20.0, "plan": 0.0},
            pip_requirements=["scikit-learn>=1.5", "# a comment", "pandas"],
        )
    return "really-logged"


def test_the_file_of_a_logged_model_is_read(
    logged_model: str, theirs: MlflowClient, mlflow_client: MLflowClient
) -> None:
    version = theirs.get_model_version(logged_model, "1")

    file = mlflow_client.read_model_file(logged_model, 1)

    assert file.signature is not None
    inputs, params = file.signature["inputs"], file.signature["params"]
    assert isinstance(inputs, list)
    assert {"type": "double", "name": "age", "required": True} in inputs
    assert isinstance(params, list)
    assert isinstance(params[0], dict)
    assert params[0]["name"] == "threshold"
    assert set(file.flavors) == {"python_function", "sklearn"}
    assert file.model_size_bytes is not None
    assert file.model_size_bytes > 500
    assert file.python_version.startswith("3.")
    assert file.mlflow_version == mlflow.__version__
    assert version.source == f"models:/{file.model_id}"
    assert file.model_uuid
    assert file.run_id == version.run_id
    assert file.has_input_example
    assert "20.0" in mlflow_client.read_input_example(
        logged_model, 1, file.input_example_path
    )


def test_the_requirements_of_a_logged_model_are_read(
    logged_model: str, mlflow_client: MLflowClient
) -> None:
    requirements = mlflow_client.read_requirements(logged_model, 1)

    assert "scikit-learn>=1.5" in requirements
    assert "pandas" in requirements


def register_text(
    theirs: MlflowClient, name: str, text: str, *, path: str = "model/MLmodel"
) -> str:
    """Register version 1 out of a run that logged `text`; the run's id."""
    with mlflow.start_run() as run:
        mlflow.log_text(text, path)
    source = f"{run.info.artifact_uri}/model"
    theirs.create_registered_model(name)
    theirs.create_model_version(name, source, run.info.run_id)
    run_id: str = run.info.run_id
    return run_id


def test_a_version_whose_run_has_no_model_has_no_files(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    register_text(theirs, name, "not a model", path="model/note.txt")

    with pytest.raises(MLflowNotFound):
        mlflow_client.read_model_file(name, 1)
    with pytest.raises(MLflowNotFound):
        mlflow_client.read_requirements(name, 1)
    with pytest.raises(MLflowNotFound, match="version=2"):
        mlflow_client.read_model_file(name, 2)


def test_a_source_that_names_a_run_is_read_through_the_run(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    run_id = register_text(theirs, name, "flavors: {odd: {}}")
    theirs.create_model_version(name, f"runs:/{run_id}/model", run_id)

    file = mlflow_client.read_model_file(name, 2)

    assert file.flavors == {"odd": {}}
    with pytest.raises(MLflowNotFound):
        mlflow_client.read_requirements(name, 2)


def test_files_outlive_the_deletion_of_their_run(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    run_id = register_text(theirs, name, "flavors: {odd: {}}")

    theirs.delete_run(run_id)

    assert mlflow_client.read_model_file(name, 1).flavors == {"odd": {}}


def test_a_storage_that_mlflow_cannot_read_is_told_apart(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    theirs.create_registered_model(name)
    theirs.create_model_version(name, "wat://storage/model")

    with pytest.raises(MLflowUnreadable, match=r"could not read MLmodel"):
        mlflow_client.read_model_file(name, 1)


def test_a_file_beyond_the_bound_is_unreadable(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    register_text(theirs, name, "x" * (MAX_MODEL_FILE_BYTES + 1))

    with pytest.raises(MLflowUnreadable, match="larger than 5,242,880 bytes"):
        mlflow_client.read_model_file(name, 1)
