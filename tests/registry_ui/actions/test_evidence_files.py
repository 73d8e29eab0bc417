"""Reading the files of models: what is stored of them, and in which order."""

import warnings
from datetime import timedelta

import mlflow
import pytest
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from sklearn.linear_model import LogisticRegression

from registry_ui.actions.evidence import (
    ALL,
    EvidenceReport,
    read_evidence,
)
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Evidence, ModelVersion
from tests.factories import make_alias, make_model, make_version
from tests.registry_ui.actions.registering import (
    RUNS_ONLY,
    evidence_of,
    mirrored,
    new_name,
    read,
    registered_text,
    rewind,
)

pytestmark = pytest.mark.django_db


def test_a_logged_model_is_read_with_all_that_is_known_of_it(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    name = new_name()
    with mlflow.start_run() as run, warnings.catch_warnings(action="ignore"):
        mlflow.log_metrics({"auc": 0.91})
        mlflow.log_params({"depth": 3})
        mlflow.sklearn.log_model(
            LogisticRegression().fit([[20.0], [60.0]], [0, 1]),
            name="model",
            registered_model_name=name,
            signature=ModelSignature(inputs=Schema([ColSpec("double", "age")])),
            input_example={"age": 20.0},
            pip_requirements=["scikit-learn==1.5.0"],
        )
    model = make_model(name=name)
    version = make_version(
        model=model,
        number=1,
        run_id=run.info.run_id,
        source=theirs.get_model_version(name, "1").source,
        has_evidence=False,
    )

    report = read(mlflow_client)

    evidence = evidence_of(version)
    assert (report.runs, report.files) == (1, 1)
    assert evidence.metrics == {"auc": 0.91}
    assert evidence.params == {"depth": "3"}
    assert evidence.run_status == "FINISHED"
    assert evidence.signature is not None
    assert "scikit-learn==1.5.0" in evidence.requirements
    assert evidence.python_version.startswith("3.")
    assert evidence.has_input_example
    assert "20.0" in evidence.input_example
    assert (evidence.run_error, evidence.model_error) == ("", "")
    assert evidence.input_example_error == ""
    assert {"MLmodel", "requirements.txt", "input_example.json"} <= set(evidence.files)
    assert evidence.files_error == ""
    assert evidence.model_metadata["model_id"]
    assert not {"signature", "flavors"} & set(evidence.model_metadata)
    assert (evidence.run_due_at, evidence.model_due_at) == (None, None)


def test_a_list_of_files_that_mlflow_lacks_hides_nothing_else(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = registered_text(theirs, "flavors: {}", path="model/MLmodel")
    version.source = "s3://bucket/model"  # as another life of the name had it
    version.save()

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.model_error == ""
    assert evidence.files == {}
    assert "runs and of logged models" in evidence.files_error


@pytest.mark.parametrize(
    "text", ["\t{garbage", "[]", "flavors: 7", "a: &a [*a]", "flavors: {}\n" * 2]
)
def test_an_mlmodel_file_that_is_none_is_an_answer_in_words(
    text: str, theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = registered_text(theirs, text, path="model/MLmodel")

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.model_read_at is not None
    assert evidence.model_error or evidence.flavors == {}


def test_values_that_no_column_takes_are_cut(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    text = (
        f"flavors: {{python_function: {{python_version: '{'3' * 200}'}}}}\n"
        f"model_size_bytes: {10**30}\nmlflow_version: '{'x' * 200}'\n"
    )
    version = registered_text(theirs, text, path="model/MLmodel")

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.model_error == ""
    assert evidence.model_size_bytes is None
    assert len(evidence.python_version) == 64


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("example.json", '{"age": 20}', ""),
        ("example.json", "x" * 70_000, "larger than 65,536 bytes"),
        ("gone.json", None, "gone.json"),
        ("../../secret", None, "does not say where"),
    ],
)
def test_an_input_example_is_read_if_it_is_small_and_below_the_model(
    path: str,
    text: str | None,
    said: str,
    theirs: PlainClient,
    mlflow_client: MLflowClient,
) -> None:
    file = f"flavors: {{}}\nsaved_input_example_info: {{artifact_path: {path}}}\n"
    with mlflow.start_run() as run:
        mlflow.log_text(file, "model/MLmodel")
        if text is not None:
            mlflow.log_text(text, f"model/{path}")
    version = mirrored(theirs, f"{run.info.artifact_uri}/model", run.info.run_id)

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.has_input_example
    assert evidence.model_error == ""
    assert said in evidence.input_example_error
    assert evidence.input_example == ("" if said else text)


def test_a_storage_that_mlflow_cannot_reach_is_an_answer_asked_for_a_day_later(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(theirs, "wat://storage/model")

    first, second = read(mlflow_client), read(mlflow_client)

    evidence = evidence_of(version)
    assert (first.files, second.files) == (1, 0)
    assert "could not read MLmodel" in evidence.model_error
    assert evidence.model_due_at is not None
    waits = evidence.model_due_at - timezone.now()
    assert timedelta(hours=23) < waits < timedelta(hours=25)


def test_what_stays_unreadable_is_asked_for_after_twice_as_long(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(theirs, "wat://storage/model")
    read(mlflow_client)
    rewind(version, days=3)

    report = read(mlflow_client)

    due_at = evidence_of(version).model_due_at
    assert report.files == 1
    assert due_at is not None
    assert due_at - timezone.now() > timedelta(days=5)


def test_what_people_use_or_wait_for_is_read_first_then_the_newest(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    old, held, new, wished = (mirrored(theirs) for _ in range(4))
    for days, version in enumerate((new, wished, held, old)):
        created_at = timezone.now() - timedelta(days=days + 1)
        ModelVersion.objects.filter(pk=version.pk).update(created_at=created_at)
    make_alias(version=held)
    read(mlflow_client, RUNS_ONLY)
    Evidence.objects.update(model_read_at=None)
    Evidence.objects.filter(version=wished).update(wished_at=timezone.now())
    for version in (old, held, new, wished):
        Evidence.objects.filter(version=version).update(model_due_at=version.created_at)
    order: list[int] = []

    def note(_: EvidenceReport) -> None:
        order.extend(
            Evidence.objects.exclude(model_read_at=None)
            .exclude(version__in=order)
            .values_list("version", flat=True)
        )

    read_evidence(mlflow_client, mlflow_client, bound=ALL, progress=note)

    assert set(order[:2]) == {wished.pk, held.pk}
    assert set(order[2:]) == {new.pk, old.pk}
