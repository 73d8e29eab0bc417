"""The files of a version's model, wherever its source says that they are."""

import warnings

import mlflow
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowNotFound,
    MLflowUnreadable,
    listing,
)


@pytest.fixture
def run_id(theirs: MlflowClient) -> str:
    """A run that logged a model's files by hand."""
    with mlflow.start_run() as run:
        mlflow.log_text("flavors: {}", "model/MLmodel")
        mlflow.log_text("12345", "model/data/weights.bin")
        mlflow.log_text("", "model/data/deep/empty.txt")
        mlflow.log_text("not the model's", "notes.txt")
    found: str = run.info.run_id
    return found


# MLflow leaves out a size of 0, as it does one that it does not know.
FILES = {"MLmodel": 11, "data/deep/empty.txt": None, "data/weights.bin": 5}


def test_files_of_a_run_are_listed_with_folders_and_sizes(
    mlflow_client: MLflowClient, run_id: str
) -> None:
    found = mlflow_client.list_files(f"runs:/{run_id}/model", run_id)

    assert (found.sizes, found.is_cut) == (FILES, False)


def test_a_source_inside_the_artifacts_of_a_run_is_understood(
    theirs: MlflowClient, mlflow_client: MLflowClient, run_id: str
) -> None:
    source = f"{theirs.get_run(run_id).info.artifact_uri}/model"

    assert mlflow_client.list_files(source, run_id).sizes == FILES


def test_a_logged_model_and_its_copy_have_the_files_that_mlflow_stored(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    with mlflow.start_run(), warnings.catch_warnings(action="ignore"):
        logged = mlflow.sklearn.log_model(
            LogisticRegression().fit([[20.0], [60.0]], [0, 1]),
            name="model",
            registered_model_name=name,
            pip_requirements=["scikit-learn"],
        )
    version = theirs.get_model_version(name, "1")
    copy = theirs.copy_model_version(f"models:/{name}/1", f"{name}-copy")

    found = mlflow_client.list_files(str(version.source), str(version.run_id))

    stored = {
        file.path: file.file_size
        for file in mlflow.artifacts.list_artifacts(artifact_uri=logged.model_uri)
        if not file.is_dir
    }
    assert {"MLmodel", "requirements.txt"} <= set(stored)
    assert found.sizes == stored
    assert copy.source == f"models:/{name}/1"
    assert mlflow_client.list_files(copy.source, "").sizes == stored


@pytest.mark.parametrize("source", ["s3://bucket/model", "", "wat:/x", "/srv/model"])
def test_what_mlflow_has_no_list_of_is_said(
    mlflow_client: MLflowClient, source: str
) -> None:
    with pytest.raises(MLflowUnreadable, match="runs and of logged models"):
        mlflow_client.list_files(source, "")


def test_a_run_that_is_not_there_is_not_found(mlflow_client: MLflowClient) -> None:
    with pytest.raises(MLflowNotFound):
        mlflow_client.list_files(f"runs:/{'0' * 32}/model", "")


def test_a_folder_without_files_has_none(
    mlflow_client: MLflowClient, run_id: str
) -> None:
    assert mlflow_client.list_files(f"runs:/{run_id}/nothing", run_id).sizes == {}


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 1), ("MOST_FOLDERS", 1)])
def test_of_very_many_files_the_rest_is_left_out_and_that_is_said(
    mlflow_client: MLflowClient,
    run_id: str,
    limit: str,
    value: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, limit, value)

    found = mlflow_client.list_files(f"runs:/{run_id}/model", run_id)

    assert found.is_cut
    assert len(found.sizes) == 1
