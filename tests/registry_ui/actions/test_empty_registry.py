"""An MLflow without a single model, which is where everybody begins."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from registry_ui.actions.evidence import EvidenceReport, read_evidence
from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Level, MirrorState, RegisteredModel
from tests.factories import make_model, make_user, make_version
from tests.mlflow_server import MLflowServer
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowClient]:
    """An MLflow of its own: that of all tests is never empty."""
    server = MLflowServer.launch(tmp_path_factory.mktemp("empty-mlflow"))
    try:
        server.wait_until_ready()
        yield MLflowClient(server.uri)
    finally:
        server.stop()


def test_an_empty_registry_is_mirrored_as_one(empty: MLflowClient) -> None:
    first = sync_mirror(empty)
    second = sync_mirror(empty)

    assert first is not None
    assert first.is_first
    assert second is not None
    assert not second.is_first
    assert second.changes == 0
    assert read_evidence(empty, empty) == EvidenceReport()
    assert list(AuditEvent.objects.values_list("type", flat=True)) == ["mirror.filled"]
    reader = browser(make_user(level=Level.CAN_READ))
    assert "MLflow has no registered models yet" in text(reader, "/")
    for url in ("/models/", "/compare/", "/audit/", "/incidents/", "/jump/?q=churn"):
        text(reader, url)


def test_a_registry_that_was_emptied_leaves_a_record(empty: MLflowClient) -> None:
    make_version(model=make_model(name="churn"), stage="Production")
    infer_holdings(seen_at=timezone.now())

    report = sync_mirror(empty)

    assert report is not None
    assert report.gone == 1
    assert not RegisteredModel.objects.live().exists()
    assert not MirrorState.load().is_stale(timezone.now())
    page = text(browser(make_user(level=Level.CAN_READ)), "/incidents/")
    assert "churn" in page
