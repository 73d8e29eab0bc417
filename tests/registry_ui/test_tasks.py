"""Tasks as functions: what MLflow does wrong never ends in an exception."""

import pytest
from pytest_django import Settings

from registry_ui import tasks
from registry_ui.models import Evidence, EvidenceState, MetricHistory
from tests.factories import make_version
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

pytestmark = pytest.mark.django_db


def test_reading_evidence_of_an_mlflow_that_is_away_is_stored_in_words(
    settings: Settings,
) -> None:
    settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = "http://127.0.0.1:9"
    version = make_version(has_evidence=False)

    tasks.read_evidence()

    assert "nothing listens there" in EvidenceState.load().error
    assert not Evidence.objects.filter(version=version).exists()


def test_a_wish_whose_wake_up_was_lost_is_found_by_the_clock(
    settings: Settings,
) -> None:
    version = make_version(metrics={"loss": 1.0})
    history = MetricHistory.objects.create(
        version=version, key="loss", due_at=version.created_at
    )

    with raw_server(http("500 Internal Server Error", b"oops", "text/html")) as server:
        settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = server.uri
        tasks.read_evidence()

    history.refresh_from_db()
    assert "HTTP 500" in history.error
    assert history.due_at is None


def test_a_sync_that_mlflow_refuses_does_not_raise(settings: Settings) -> None:
    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"

    tasks.sync_mirror()
