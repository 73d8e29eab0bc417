"""An MLflow without a single model, which is where everybody begins."""

import pytest
from django.utils import timezone

from registry_ui.actions.evidence import EvidenceReport, read_evidence
from registry_ui.actions.holdings import infer_holdings
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Level, MirrorState, RegisteredModel
from tests.factories import make_model, make_user, make_version
from tests.registry_ui.views.reading import browser, text

pytestmark = pytest.mark.django_db


def test_an_empty_registry_is_mirrored_as_one(mlflow_client: MLflowClient) -> None:
    first = sync_mirror(mlflow_client)
    second = sync_mirror(mlflow_client)

    assert first is not None
    assert first.is_first
    assert second is not None
    assert not second.is_first
    assert second.changes == 0
    assert read_evidence(mlflow_client, mlflow_client) == EvidenceReport()
    assert list(AuditEvent.objects.values_list("type", flat=True)) == ["mirror.filled"]
    reader = browser(make_user(level=Level.CAN_READ))
    assert "MLflow has no registered models yet" in text(reader, "/")
    for url in ("/models/", "/compare/", "/audit/", "/incidents/", "/jump/?q=churn"):
        text(reader, url)


def test_a_registry_that_was_emptied_leaves_a_record(
    mlflow_client: MLflowClient,
) -> None:
    make_version(model=make_model(name="churn"), stage="Production")
    infer_holdings(seen_at=timezone.now())

    report = sync_mirror(mlflow_client)

    assert report is not None
    assert report.gone == 1
    assert not RegisteredModel.objects.live().exists()
    assert not MirrorState.load().is_stale(timezone.now())
    page = text(browser(make_user(level=Level.CAN_READ)), "/incidents/")
    assert "churn" in page
