"""Reading runs and files: what is read, in which order, and what is stored of it."""

import warnings
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import mlflow
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from sklearn.linear_model import LogisticRegression

from registry_ui.actions.evidence import (
    ALL,
    Bound,
    EvidenceReport,
    read_again,
    read_evidence,
)
from registry_ui.actions.evidence_runs import NO_RUN, NOT_SHOWN
from registry_ui.actions.leases import take_lease
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient, MLflowError, MLflowUnavailable
from registry_ui.models import Evidence, EvidenceState, Level, ModelVersion
from tests.factories import make_alias, make_model, make_user, make_version
from tests.mlflow_server import MLflowServer
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

pytestmark = pytest.mark.django_db

_numbers = count(1)
RUNS_ONLY = Bound(runs=None, file_seconds=-1.0)


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> Iterator[PlainClient]:
    """MLflow's own client; the fluent API goes to the same server."""
    mlflow.set_tracking_uri(mlflow_server.uri)
    mlflow.set_registry_uri(mlflow_server.uri)
    yield PlainClient(mlflow_server.uri, mlflow_server.uri)
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")


def mirrored(
    plain: PlainClient, source: str = "s3://bucket/model", run_id: str = ""
) -> ModelVersion:
    """Register a version in MLflow, and mirror it by hand; nothing of it was read."""
    name = f"evidence {next(_numbers)}"
    plain.create_registered_model(name)
    plain.create_model_version(name, source, run_id or None)
    model = make_model(name=name)
    return make_version(
        model=model, number=1, run_id=run_id, source=source, has_evidence=False
    )


def registered_text(plain: PlainClient, text: str, *, path: str) -> ModelVersion:
    """Register a version out of a run that logged one file of text."""
    with mlflow.start_run() as run:
        mlflow.log_text(text, path)
    source = f"{run.info.artifact_uri}/model"
    return mirrored(plain, source, run.info.run_id)


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


# --- What is read -------------------------------------------------------------------


def test_a_logged_model_is_read_with_all_that_is_known_of_it(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    name = f"evidence {next(_numbers)}"
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
        model=model, number=1, run_id=run.info.run_id, has_evidence=False
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
    assert (evidence.run_due_at, evidence.model_due_at) == (None, None)


def test_runs_are_read_before_files_and_each_part_says_when(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = plain.create_run("0").info.run_id
    version = mirrored(plain, run_id=run_id)

    with pytest.raises(MLflowUnavailable):
        read_evidence(MLflowClient("http://127.0.0.1:9"), mlflow_client)

    evidence = evidence_of(version)
    assert evidence.run_read_at is not None
    assert evidence.run_status == "RUNNING"
    assert evidence.model_read_at is None
    assert evidence.model_error == ""


def test_a_version_without_a_run_or_with_a_lost_one_says_so(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    without, odd = mirrored(plain), mirrored(plain)
    ModelVersion.objects.filter(pk=odd.pk).update(run_id="it's 'quoted'")

    read(mlflow_client)

    assert evidence_of(without).run_error == NO_RUN
    assert evidence_of(without).run_due_at is None
    assert evidence_of(odd).run_error == NOT_SHOWN
    assert evidence_of(odd).run_due_at is not None


def test_a_metric_that_is_no_number_and_a_huge_tag_are_stored(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = plain.create_run("0").info.run_id
    for key, value in {"nan": "nan", "up": "inf", "big": "1e308"}.items():
        plain.log_metric(run_id, key, float(value))
    plain.set_tag(run_id, "note", "ü" * 7_000)
    version = mirrored(plain, run_id=run_id)

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.metrics["nan"] == "NaN"
    assert evidence.metrics["big"] == 1e308
    assert len(evidence.run_tags["note"]) == 7_000


@pytest.mark.parametrize(
    "text", ["\t{garbage", "[]", "flavors: 7", "a: &a [*a]", "flavors: {}\n" * 2]
)
def test_an_mlmodel_file_that_is_none_is_an_answer_in_words(
    text: str, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = registered_text(plain, text, path="model/MLmodel")

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.model_read_at is not None
    assert evidence.model_error or evidence.flavors == {}


def test_values_that_no_column_takes_are_cut(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    text = (
        f"flavors: {{python_function: {{python_version: '{'3' * 200}'}}}}\n"
        f"model_size_bytes: {10**30}\nmlflow_version: '{'x' * 200}'\n"
    )
    version = registered_text(plain, text, path="model/MLmodel")

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
    plain: PlainClient,
    mlflow_client: MLflowClient,
) -> None:
    file = f"flavors: {{}}\nsaved_input_example_info: {{artifact_path: {path}}}\n"
    with mlflow.start_run() as run:
        mlflow.log_text(file, "model/MLmodel")
        if text is not None:
            mlflow.log_text(text, f"model/{path}")
    version = mirrored(plain, f"{run.info.artifact_uri}/model", run.info.run_id)

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.has_input_example
    assert evidence.model_error == ""
    assert said in evidence.input_example_error
    assert evidence.input_example == ("" if said else text)


# --- What cannot be read ------------------------------------------------------------


def test_a_storage_that_mlflow_cannot_reach_is_an_answer_asked_for_a_day_later(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(plain, "wat://storage/model")

    first, second = read(mlflow_client), read(mlflow_client)

    evidence = evidence_of(version)
    assert (first.files, second.files) == (1, 0)
    assert "could not read MLmodel" in evidence.model_error
    assert evidence.model_due_at is not None
    waits = evidence.model_due_at - timezone.now()
    assert timedelta(hours=23) < waits < timedelta(hours=25)


def test_what_stays_unreadable_is_asked_for_after_twice_as_long(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(plain, "wat://storage/model")
    read(mlflow_client)
    rewind(version, days=3)

    report = read(mlflow_client)

    due_at = evidence_of(version).model_due_at
    assert report.files == 1
    assert due_at is not None
    assert due_at - timezone.now() > timedelta(days=5)


def test_a_run_that_goes_on_is_read_again_after_a_minute(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = plain.create_run("0").info.run_id
    version = mirrored(plain, run_id=run_id)
    read(mlflow_client)
    plain.log_metric(run_id, "auc", 0.9)
    plain.set_terminated(run_id)

    assert read(mlflow_client).runs == 0
    rewind(version, minutes=2)
    assert read(mlflow_client).runs == 1

    evidence = evidence_of(version)
    assert evidence.metrics == {"auc": 0.9}
    assert evidence.run_due_at is None


def test_what_was_read_stays_beside_the_reason_why_it_cannot_be_read_now(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(plain)
    Evidence.objects.create(
        version=version,
        metrics={"auc": 0.9},
        run_due_at=timezone.now(),
        model_read_at=timezone.now(),
    )

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.run_error == NO_RUN
    assert evidence.metrics == {"auc": 0.9}


@pytest.mark.parametrize(
    "reply",
    [
        http("200 OK", b"<html>", "text/html"),
        http("200 OK", b'{"experiments": [{}]}'),
        http("200 OK", b"[]"),
        http("500 Internal Server Error", b"<html>oops</html>", "text/html"),
        http("401 Unauthorized", b"no"),
        b"nonsense\r\n\r\n",
    ],
)
def test_an_mlflow_that_answers_nonsense_leaves_versions_unread(reply: bytes) -> None:
    version = make_version(has_evidence=False)
    filed = make_version()
    Evidence.objects.filter(version=filed).update(
        model_read_at=None, model_due_at=timezone.now()
    )

    with raw_server(reply) as server:
        client = MLflowClient(server.uri)
        with pytest.raises(MLflowError):
            read_evidence(client, client)

    state = EvidenceState.load()
    assert state.error
    assert state.lease_token == ""
    assert not Evidence.objects.filter(version=version).exists()
    # Text that comes with 200 may be what the file holds: an answer, in words.
    evidence = evidence_of(filed)
    assert (evidence.model_read_at is None) == (evidence.model_error == "")


def test_files_are_read_where_runs_cannot_be(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = registered_text(plain, "flavors: {odd: {}}", path="model/MLmodel")
    Evidence.objects.create(version=version, model_due_at=timezone.now())
    make_version(has_evidence=False)

    with pytest.raises(MLflowError):
        read_evidence(mlflow_client, MLflowClient("http://127.0.0.1:9"))

    assert evidence_of(version).flavors == {"odd": {}}


# --- Order and pace -----------------------------------------------------------------


def test_what_people_use_or_wait_for_is_read_first_then_the_newest(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    old, held, new, wished = (mirrored(plain) for _ in range(4))
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


def test_runs_take_no_query_a_row(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    model = make_model()

    def queries(versions: int) -> int:
        for _ in range(versions):
            make_version(model=model, has_evidence=False)
        with CaptureQueriesContext(connection) as captured:
            report = read_evidence(mlflow_client, mlflow_client, bound=RUNS_ONLY)
        assert report is not None
        assert report.runs == versions
        return len(captured)

    few, many = queries(10), queries(40)

    assert many - few <= 2


def test_mlflow_rests_for_what_a_reading_has_cost_it(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(plain)
    before = timezone.now()
    read(mlflow_client)
    cost = timezone.now() - before

    state = EvidenceState.load()

    assert state.resume_at is not None
    assert state.resume_at - timezone.now() > 10 * cost
    assert read_evidence(mlflow_client, mlflow_client, only_when_due=True) is None


def test_only_one_reads_at_a_time(mlflow_client: MLflowClient) -> None:
    assert take_lease(EvidenceState)

    assert read_evidence(mlflow_client, mlflow_client) is None


def test_who_lost_the_lease_stops(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    mirrored(plain)

    def steal(_: EvidenceReport) -> None:
        EvidenceState.objects.update(lease_token="theirs")  # noqa: S106 - a lease's name

    report = read_evidence(mlflow_client, mlflow_client, bound=ALL, progress=steal)

    assert report is None
    assert EvidenceState.load().lease_token == "theirs"  # noqa: S105 - as above


# --- Read again ---------------------------------------------------------------------


def test_who_may_edit_has_a_version_read_again_before_its_time(
    plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(plain)
    read(mlflow_client)

    read_again(version, actor=make_user(level=Level.CAN_EDIT))
    report = read_evidence(mlflow_client, mlflow_client, only_when_due=True)

    assert report is not None
    assert (report.runs, report.files) == (1, 1)
    assert evidence_of(version).wished_at is None


def test_who_may_only_read_and_a_deleted_version_have_nothing_read_again() -> None:
    version = make_version()

    with pytest.raises(PermissionDenied):
        read_again(version, actor=make_user(level=Level.CAN_READ))
    version.deleted_at = timezone.now()
    with pytest.raises(ActionError, match="was deleted"):
        read_again(version, actor=make_user(level=Level.CAN_EDIT))
