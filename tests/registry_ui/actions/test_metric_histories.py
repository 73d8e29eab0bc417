"""Histories of metrics: wished for, read once, kept."""

import math
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from mlflow.entities import Metric

from registry_ui.actions import metric_histories
from registry_ui.actions.metric_histories import (
    read_wished_histories,
    wants_reading,
    wish_history,
)
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Evidence, Level, MetricHistory, ModelVersion
from tests.factories import make_user, make_version
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

pytestmark = pytest.mark.django_db


def wished(version: ModelVersion, key: str = "loss") -> MetricHistory:
    return wish_history(version, key, actor=make_user(level=Level.CAN_READ))


def version_of(theirs: PlainClient, values: list[float]) -> ModelVersion:
    """Make a version whose run logged the metric `loss`, a value a step."""
    run_id = theirs.create_run("0").info.run_id
    points = [Metric("loss", value, step, step) for step, value in enumerate(values)]
    for start in range(0, len(points), 1000):
        theirs.log_batch(run_id, points[start : start + 1000])
    return make_version(run_id=run_id, metrics={"loss": values[-1]})


def test_a_history_is_read_once_somebody_wishes_it(
    theirs: PlainClient, mlflow_client: MLflowClient
) -> None:
    version = version_of(theirs, [0.9, math.nan, 0.5])

    assert wants_reading(None, version.evidence)
    history = wished(version)
    assert not wants_reading(history, version.evidence)
    assert read_wished_histories(mlflow_client) == 1

    history.refresh_from_db()
    assert history.points == [[0, 0.9], [1, "NaN"], [2, 0.5]]
    assert (history.point_count, history.is_cut, history.error) == (3, False, "")
    assert (history.due_at, read_wished_histories(mlflow_client)) == (None, 0)
    assert not wants_reading(history, version.evidence)


def test_of_a_long_history_the_extremes_are_kept_and_a_cut_is_said(
    theirs: PlainClient, mlflow_client: MLflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [float(step % 7) for step in range(3000)]
    values[1234] = 99.0
    version = version_of(theirs, values)
    monkeypatch.setattr(metric_histories, "MOST_POINTS", 2000)

    history = wished(version)
    read_wished_histories(mlflow_client)

    history.refresh_from_db()
    assert history.is_cut
    assert history.point_count == 2000
    assert len(history.points) < 1000
    assert [1234, 99.0] in history.points


def test_the_history_of_a_running_run_is_read_again_when_it_is_old() -> None:
    version = make_version(metrics={"loss": 1.0})
    evidence = version.evidence
    read_at = timezone.now() - timedelta(minutes=2)
    history = MetricHistory(version=version, key="loss", read_at=read_at)

    assert not wants_reading(history, evidence)
    evidence.run_status = "RUNNING"
    assert wants_reading(history, evidence)
    history.due_at = timezone.now()
    assert not wants_reading(history, evidence)


@pytest.mark.parametrize(
    "reply",
    [
        http("200 OK", b"<html>", "text/html"),
        http("200 OK", b'{"metrics": [{"key": "loss"}]}'),
        http("500 Internal Server Error", b"oops", "text/html"),
        http("404 Not Found", b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}'),
    ],
)
def test_what_mlflow_answers_wrongly_is_stored_in_words(reply: bytes) -> None:
    version = make_version(metrics={"loss": 1.0})
    history = wished(version)

    with raw_server(reply) as server:
        assert read_wished_histories(MLflowClient(server.uri)) == 1

    history.refresh_from_db()
    assert history.error
    assert history.read_at is not None
    assert not wants_reading(history, version.evidence)
    history.read_at -= timedelta(minutes=5)
    assert wants_reading(history, version.evidence)


def test_an_mlflow_that_is_away_is_a_reason_too() -> None:
    history = wished(make_version(metrics={"loss": 1.0}))

    read_wished_histories(MLflowClient("http://127.0.0.1:9"))

    history.refresh_from_db()
    assert "nothing listens there" in history.error


def test_only_what_the_run_logged_can_be_wished_for() -> None:
    version = make_version(metrics={"loss": 1.0})

    with pytest.raises(ActionError, match="no such metric"):
        wished(version, "other")
    with pytest.raises(PermissionDenied):
        wish_history(version, "loss", actor=make_user())
    Evidence.objects.all().delete()
    with pytest.raises(ActionError):
        wished(version)

    assert not MetricHistory.objects.exists()


def test_wishing_twice_waits_once(mlflow_client: MLflowClient) -> None:
    version = make_version(metrics={"loss": 1.0})

    assert wished(version) == wished(version)
    assert read_wished_histories(mlflow_client) == 1
