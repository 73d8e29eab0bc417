"""Ours writes; MLflow's own client must find it there."""

from collections.abc import Iterator

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from registry_ui.mlflow_client import MLflowClient, MLflowNotFound, MLflowRefused


@pytest.fixture
def model(theirs: MlflowClient, name: str) -> Iterator[str]:
    """A model with two versions whose name needs care in URLs and JSON."""
    odd = f"{name} ü'\"&?#%"
    theirs.create_registered_model(odd)
    for _ in range(2):
        theirs.create_model_version(odd, "s3://bucket/key")
    yield odd
    theirs.delete_registered_model(odd)


def test_a_transition_archives_who_was_there_if_asked(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.transition_stage(model, 1, "Production", archive_existing=True)

    moved = mlflow_client.transition_stage(
        model, 2, "Production", archive_existing=True
    )

    assert (moved.number, moved.stage, moved.aliases) == (2, "Production", ())
    assert theirs.get_model_version(model, "1").current_stage == "Archived"
    assert theirs.get_model_version(model, "2").current_stage == "Production"


def test_a_transition_leaves_who_was_there_if_not_asked(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.transition_stage(model, 1, "Staging", archive_existing=False)

    mlflow_client.transition_stage(model, 2, "Staging", archive_existing=False)

    assert theirs.get_model_version(model, "1").current_stage == "Staging"


@pytest.mark.parametrize("stage", ["None", "Archived"])
def test_archiving_others_from_an_inactive_stage_is_not_asked_of_mlflow(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str, stage: str
) -> None:
    moved = mlflow_client.transition_stage(model, 1, stage, archive_existing=True)

    assert moved.stage == stage
    assert theirs.get_model_version(model, "2").current_stage == "None"


def test_an_unknown_stage_is_refused_in_mlflows_words(
    mlflow_client: MLflowClient, model: str
) -> None:
    with pytest.raises(MLflowRefused, match="Invalid Model Version stage") as caught:
        mlflow_client.transition_stage(model, 1, "Live", archive_existing=False)

    assert caught.value.status == 400
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_deleted_version_cannot_be_moved(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    theirs.delete_model_version(model, "2")

    with pytest.raises(MLflowNotFound):
        mlflow_client.transition_stage(model, 2, "Production", archive_existing=True)
    with pytest.raises(MLflowNotFound):
        mlflow_client.set_alias(model, "champion", 2)


def test_an_alias_is_set_moved_and_deleted(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.set_alias(model, "champion", 1)
    mlflow_client.set_alias(model, "champion", 2)
    assert theirs.get_model_version_by_alias(model, "champion").version == "2"

    mlflow_client.delete_alias(model, "champion")
    mlflow_client.delete_alias(model, "champion")

    with pytest.raises(MlflowException, match="champion"):
        theirs.get_model_version_by_alias(model, "champion")


@pytest.mark.parametrize("alias", ["two words", "latest", "v7", ""])
def test_an_alias_that_mlflow_does_not_take_is_refused(
    mlflow_client: MLflowClient, model: str, alias: str
) -> None:
    with pytest.raises(MLflowRefused):
        mlflow_client.set_alias(model, alias, 1)


def test_tags_of_versions_and_models_are_set_and_deleted(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.set_version_tag(model, 1, "validated by", "Ünal 'n\" co")
    mlflow_client.set_version_tag(model, 1, "gone", "x")
    mlflow_client.set_model_tag(model, "team", "risk")
    mlflow_client.set_model_tag(model, "gone", "x")

    mlflow_client.delete_version_tag(model, 1, "gone")
    mlflow_client.delete_model_tag(model, "gone")

    assert theirs.get_model_version(model, "1").tags == {"validated by": "Ünal 'n\" co"}
    assert theirs.get_registered_model(model).tags == {"team": "risk"}


def test_descriptions_are_changed_and_emptied(
    theirs: MlflowClient, mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.set_alias(model, "champion", 1)

    changed = mlflow_client.update_model(model, "A *new* text")
    version = mlflow_client.update_version(model, 1, "v1 text")

    assert (changed.description, changed.aliases) == ("A *new* text", {"champion": 1})
    assert (version.description, version.aliases) == ("v1 text", ("champion",))
    assert theirs.get_model_version(model, "1").description == "v1 text"
    assert mlflow_client.update_version(model, 1, "").description == ""


def test_writes_to_an_unknown_model_say_so(mlflow_client: MLflowClient) -> None:
    with pytest.raises(MLflowNotFound, match="no-such-model"):
        mlflow_client.set_model_tag("no-such-model", "key", "value")
    with pytest.raises(MLflowNotFound, match="no-such-model"):
        mlflow_client.delete_alias("no-such-model", "champion")


def test_a_model_is_registered_renamed_and_deleted(
    theirs: MlflowClient, mlflow_client: MLflowClient, name: str
) -> None:
    made = mlflow_client.create_model(name, "Why")
    renamed = mlflow_client.rename_model(name, f"{name} anew")

    assert (made.name, made.description) == (name, "Why")
    assert (renamed.name, renamed.created_at) == (f"{name} anew", made.created_at)
    assert theirs.get_registered_model(f"{name} anew").description == "Why"
    mlflow_client.delete_model(f"{name} anew")
    assert not theirs.search_registered_models(f"name = '{name} anew'")


def test_a_name_that_is_taken_is_refused(
    mlflow_client: MLflowClient, model: str
) -> None:
    with pytest.raises(MLflowRefused) as caught:
        mlflow_client.create_model(model, "")

    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_deleted_version_is_not_found(
    mlflow_client: MLflowClient, model: str
) -> None:
    mlflow_client.delete_version(model, 1)

    with pytest.raises(MLflowNotFound):
        mlflow_client.get_version(model, 1)
    with pytest.raises(MLflowNotFound):
        mlflow_client.delete_version(model, 1)
