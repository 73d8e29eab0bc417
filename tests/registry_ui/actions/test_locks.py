"""Nobody waits in a circle: rows are locked before the chain, and never by their key.

Each test holds what one transaction holds midway while another one runs into it. In a
circle PostgreSQL ends one of the two with an error.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.audit import verify_audit_log
from registry_ui.actions.comments import create_comment
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.metric_choices import choose_metrics
from registry_ui.actions.mirror import SyncContext, locked_models
from registry_ui.actions.mirror_models import mirror_models
from registry_ui.actions.mirror_versions import mirror_versions
from registry_ui.actions.requests import create_request, locked
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.actions.watching import watch_model
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import MLflowClient, ModelInfo, VersionInfo
from registry_ui.models import (
    AuditEvent,
    Holding,
    Level,
    MirrorState,
    ModelVersion,
    Notification,
    RegisteredModel,
    Review,
    TransitionRequest,
)
from tests.factories import make_model, make_transition_request, make_user, make_version
from tests.mlflow_server import MLflowServer
from tests.threads import apart, wait_until_somebody_waits_for_me

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("committed_db")]

SECONDS = 30
Status = TransitionRequest.Status


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Runs what is submitted in another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def approved(
    request: pytest.FixtureRequest, mlflow_server: MLflowServer
) -> TransitionRequest:
    """v2 approved for Production, where v1 is now and shall be archived."""
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    name = f"locks {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(MLflowClient(mlflow_server.uri))
    ask = create_request(
        ModelVersion.objects.select_related("model").get(model__name=name, number=2),
        "stage:Production",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
        archive_existing_versions=True,
    )
    approve(ask)
    return ask


def approve(request: TransitionRequest) -> Review:
    reviewer = make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
    seen = gather_decision(request).fingerprint
    return review_request(request, Review.Decision.APPROVE, actor=reviewer, seen=seen)


def sweep() -> SyncContext:
    return SyncContext(timezone.now(), previous_at=timezone.now())


def as_in_mlflow(version: ModelVersion) -> VersionInfo:
    """Return the version as MLflow would show it."""
    return VersionInfo(
        name=version.model.name,
        number=version.number,
        created_at=version.created_at,
        updated_at=version.updated_at,
        stage=version.stage,
        description=version.description,
        source=version.source,
        run_id=version.run_id,
        run_link=version.run_link,
        status="READY",
        status_message="",
        tags={},
        aliases=None,
    )


def test_a_remark_beside_a_decision(beside: ThreadPoolExecutor) -> None:
    request = make_transition_request()

    with transaction.atomic():
        create_comment(
            request.version, "!", actor=make_user(level=Level.CAN_READ), request=request
        )
        review = beside.submit(apart, lambda: approve(request))
        wait_until_somebody_waits_for_me()

    assert review.result(SECONDS).decision == Review.Decision.APPROVE
    assert request.comments.count() == 1


def test_a_remark_that_somebody_is_told_of_beside_a_choice_of_metrics(
    beside: ThreadPoolExecutor,
) -> None:
    version = make_version()
    watch_model(version.model, actor=make_user(level=Level.CAN_READ))
    manager = make_user(level=Level.CAN_MANAGE)

    with transaction.atomic():
        create_comment(version, "!", actor=make_user(level=Level.CAN_READ))
        choice = beside.submit(
            apart, lambda: choose_metrics(version.model, "auc", {}, actor=manager)
        )
        wait_until_somebody_waits_for_me()

    assert choice.result(SECONDS)
    assert Notification.objects.count() == 1


def test_a_remark_beside_a_sweep_of_versions(
    beside: ThreadPoolExecutor, mlflow_client: MLflowClient
) -> None:
    version = make_version()
    page = [replace(as_in_mlflow(version), description="Second")]

    with transaction.atomic():
        create_comment(version, "!", actor=make_user(level=Level.CAN_READ))
        swept = beside.submit(
            apart, lambda: mirror_versions(page, sweep(), mlflow_client)
        )
        wait_until_somebody_waits_for_me()

    swept.result(SECONDS)
    version.refresh_from_db()
    assert version.description == "Second"
    assert version.comments.count() == 1


def test_a_new_version_beside_a_sweep_of_models(beside: ThreadPoolExecutor) -> None:
    model = make_model()
    model_info = ModelInfo(
        model.name, "Second", model.created_at, model.updated_at, {}, {}
    )

    with transaction.atomic():
        version = make_version(model=model)
        record_event(EventType.MODEL_VERSION_CREATED, actor=None, version=version)
        swept = beside.submit(
            apart, lambda: mirror_models({model.pk: model_info}, sweep())
        )
        wait_until_somebody_waits_for_me()

    swept.result(SECONDS)
    model.refresh_from_db()
    assert model.description == "Second"


def test_a_decision_beside_the_plan_that_makes_it_needless(
    beside: ThreadPoolExecutor, approved: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    twin = make_transition_request(version=approved.version)

    with transaction.atomic():
        locked(twin)
        applied = beside.submit(apart, lambda: apply_due_requests(mlflow_client))
        wait_until_somebody_waits_for_me()
        record_event(EventType.CHECK_REPORTED, actor=None, version=twin.version)

    assert applied.result(SECONDS) == 1
    approved.refresh_from_db()
    twin.refresh_from_db()
    assert (approved.status, twin.status) == (Status.APPLIED, Status.SUPERSEDED)


def test_a_twin_that_is_withdrawn_first_stays_withdrawn(
    beside: ThreadPoolExecutor, approved: TransitionRequest, mlflow_client: MLflowClient
) -> None:
    twin = make_transition_request(version=approved.version)

    with transaction.atomic():
        row = locked(twin)
        applied = beside.submit(apart, lambda: apply_due_requests(mlflow_client))
        wait_until_somebody_waits_for_me()
        row.status = Status.CANCELLED
        row.save(update_fields=["status"])

    assert applied.result(SECONDS) == 1
    twin.refresh_from_db()
    assert twin.status == Status.CANCELLED


def test_a_sweep_of_versions_beside_a_plan_that_moves_them(
    beside: ThreadPoolExecutor,
    approved: TransitionRequest,
    mlflow_client: MLflowClient,
) -> None:
    rows = ModelVersion.objects.filter(model=approved.version.model_id)

    with transaction.atomic():
        # A sweep locks a model, and with it all that is mirrored of it.
        locked_models([approved.version.model_id])
        applied = beside.submit(apart, lambda: apply_due_requests(mlflow_client))
        wait_until_somebody_waits_for_me()
        record_event(EventType.MODEL_VERSION_UPDATED, actor=None)
        rows.filter(number=1).update(description="Second")

    assert applied.result(SECONDS) == 1
    assert dict(rows.values_list("number", "stage")) == {1: "Archived", 2: "Production"}


def test_a_sweep_that_waited_for_a_plan_does_not_take_its_move_back(
    beside: ThreadPoolExecutor, mlflow_client: MLflowClient
) -> None:
    version = make_version(stage="Staging")
    before = replace(as_in_mlflow(version), description="Second")
    page, context = [before], sweep()

    with transaction.atomic():
        locked_models([version.model_id])
        ModelVersion.objects.filter(pk=version.pk).update(stage="Production")
        RegisteredModel.objects.filter(pk=version.model.pk).update(
            written_at=timezone.now()
        )
        swept = beside.submit(
            apart, lambda: mirror_versions(page, context, mlflow_client)
        )
        wait_until_somebody_waits_for_me()

    swept.result(SECONDS)
    version.refresh_from_db()
    assert (version.stage, version.description) == ("Production", "")
    assert not AuditEvent.objects.exists()
    assert context.left == {version.model_id}


def test_a_sync_that_waited_for_the_first_one_is_not_the_first(
    beside: ThreadPoolExecutor, mlflow_client: MLflowClient
) -> None:
    MirrorState.objects.create(id=MirrorState.ONLY)
    filled_at = timezone.now() - timedelta(seconds=1)

    with transaction.atomic():
        MirrorState.objects.update(synced_at=filled_at)
        report = beside.submit(apart, lambda: sync_mirror(mlflow_client))
        wait_until_somebody_waits_for_me()

    found = report.result(SECONDS)
    assert found is not None
    assert not found.is_first


def test_an_event_that_waited_follows_what_was_added_meanwhile(
    beside: ThreadPoolExecutor,
) -> None:
    def say(who: str) -> AuditEvent:
        with transaction.atomic():
            return record_event(EventType.POLICY_REORDERED, actor=None, who=who)

    with transaction.atomic():
        say("first")
        waiting = beside.submit(apart, lambda: say("waiting"))
        wait_until_somebody_waits_for_me()
        newest = say("second")

    assert waiting.result(SECONDS).previous_hash == newest.hash
    assert verify_audit_log().fault == ""


def test_a_first_sync_tells_postgresql_how_much_there_is_now(
    mlflow_client: MLflowClient, mlflow_server: MLflowServer
) -> None:
    plain, name = PlainClient(mlflow_server.uri, mlflow_server.uri), "sized"
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Staging")

    sync_mirror(mlflow_client)

    tables = [model._meta.db_table for model in (ModelVersion, Holding)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname = ANY(%s) AND reltuples > 0",
            [tables],
        )
        assert cursor.fetchone() == (len(tables),)
