"""Reading runs in bulk: what is stored of them, and when they are read again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.evidence import (
    read_evidence,
)
from registry_ui.actions.evidence_runs import NO_RUN, NOT_SHOWN
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Evidence, ModelVersion
from tests.factories import make_model, make_version
from tests.registry_ui.actions.registering import (
    RUNS_ONLY,
    evidence_of,
    mirrored,
    read,
    rewind,
)

pytestmark = pytest.mark.django_db


def test_a_version_without_a_run_or_with_a_lost_one_says_so(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    without, odd = mirrored(theirs), mirrored(theirs)
    ModelVersion.objects.filter(pk=odd.pk).update(run_id="it's 'quoted'")

    read(mlflow_client)

    assert evidence_of(without).run_error == NO_RUN
    assert evidence_of(without).run_due_at is None
    assert evidence_of(odd).run_error == NOT_SHOWN
    assert evidence_of(odd).run_due_at is not None


def test_a_metric_that_is_no_number_and_a_huge_tag_are_stored(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = theirs.create_run("0").info.run_id
    for key, value in {"nan": "nan", "up": "inf", "big": "1e308"}.items():
        theirs.log_metric(run_id, key, float(value))
    theirs.set_tag(run_id, "note", "ü" * 7_000)
    version = mirrored(theirs, run_id=run_id)

    read(mlflow_client)

    evidence = evidence_of(version)
    assert evidence.metrics["nan"] == "NaN"
    assert float(evidence.metrics["big"]) == 1e308  # PostgreSQL has one kind of number
    assert len(evidence.run_tags["note"]) == 7_000


def test_a_run_that_goes_on_is_read_again_after_a_minute(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    run_id = theirs.create_run("0").info.run_id
    version = mirrored(theirs, run_id=run_id)
    read(mlflow_client)
    theirs.log_metric(run_id, "auc", 0.9)
    theirs.set_terminated(run_id)

    assert read(mlflow_client).runs == 0
    rewind(version, minutes=2)
    assert read(mlflow_client).runs == 1

    evidence = evidence_of(version)
    assert evidence.metrics == {"auc": 0.9}
    assert evidence.run_due_at is None


def test_what_was_read_stays_beside_the_reason_why_it_cannot_be_read_now(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = mirrored(theirs)
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


def test_runs_take_no_query_a_row(
    theirs: PlainClient, mlflow_client: MLflowClient
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
