"""The whole way: a version reaches Staging in MLflow, and a job is started for it."""

import pytest
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Level, ModelVersion, Review
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.webhooks_ui.jobs_api import JobsApi
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.webhooks import WebhookInput, create_webhook
from webhooks_ui.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


def test_a_version_that_reaches_staging_starts_one_run(
    jobs_api: JobsApi, mlflow_server: MLflowServer, mlflow_client: MLflowClient
) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    plain.create_registered_model("churn on staging")
    plain.create_model_version("churn on staging", "s3://bucket/model")
    sync_mirror(mlflow_client)
    version = ModelVersion.objects.get(model__name="churn on staging")
    jobs_api.add_job(123, "notebook_task")
    webhook = create_webhook(
        WebhookInput(
            kind="JOB",
            workspace_url=jobs_api.url,
            job_id="123",
            access_token=jobs_api.token,
            events=["MODEL_VERSION_TRANSITIONED_TO_STAGING"],
        ),
        actor=make_user(is_superuser=True),
        model=version.model,
    )
    asker = make_user(level=Level.CAN_EDIT)
    ask = create_request(version, "stage:Staging", actor=asker, comment="Ready.")
    drain_deliveries()
    assert jobs_api.calls == []

    review_request(
        ask,
        Review.Decision.APPROVE,
        actor=make_user(level=Level.CAN_MANAGE_STAGING_VERSIONS),
        seen=gather_decision(ask).fingerprint,
    )
    apply_due_requests(mlflow_client)
    for _ in range(2):
        drain_deliveries()

    (run,) = jobs_api.runs
    assert (run.job_id, run.event["to_stage"]) == (123, "Staging")
    assert (run.event["model_name"], run.event["version"]) == ("churn on staging", "1")
    delivery = webhook.deliveries.get()
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert delivery.attempts.get().run_id == run.run_id
