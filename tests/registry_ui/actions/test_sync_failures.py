"""An MLflow that fails, and a sync that dies: nothing wrong is said, the next mends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mlflow import MlflowClient as PlainClient

from registry_ui.actions import sync
from registry_ui.actions.leases import take_lease
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient, MLflowUnavailable
from registry_ui.models import (
    Alias,
    AuditEvent,
    Incident,
    MirrorState,
    ModelVersion,
    RegisteredModel,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.flaky_mlflow import (
    FAULTS,
    PATIENCE_SECONDS,
    FlakyMLflow,
    flaky_mlflow,
)
from tests.threads import apart

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Ends a sync as SIGKILL does: nothing is tidied up, the lease stays."""


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(
    request: pytest.FixtureRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> str:
    """A mirrored model, changed since the last sync in each way that a sync reads."""
    name = f"failures {request.node.name}".replace("/", " ")
    plain.create_registered_model(name)
    for _ in range(3):
        plain.create_model_version(name, "s3://bucket/model")
    sync_mirror(mlflow_client)
    plain.transition_model_version_stage(name, "1", "Production")
    plain.set_registered_model_alias(name, "champion", "1")
    plain.set_model_version_tag(name, "2", "kind", "new")
    plain.delete_model_version(name, "3")
    return name


@pytest.fixture
def door(mlflow_server: MLflowServer) -> Iterator[FlakyMLflow]:
    with flaky_mlflow(mlflow_server.uri) as server:
        yield server


def client_of(door: FlakyMLflow) -> MLflowClient:
    return MLflowClient(door.uri, timeout_seconds=PATIENCE_SECONDS)


def failure_of_a_sync(client: MLflowClient) -> str:
    """Return why it failed; empty if it did not."""
    try:
        sync_mirror(client)
    except MLflowUnavailable as error:
        return str(error)
    return ""


def check_mirror(name: str) -> None:
    versions = ModelVersion.objects.live().filter(model__name=name)
    assert dict(versions.values_list("number", "stage")) == {1: "Production", 2: "None"}
    assert Alias.objects.get(model__name=name).version.number == 1
    assert versions.get(number=2).tags.get().value == "new"
    (incident,) = Incident.objects.filter(model__name=name)
    assert len(incident.effects) == 2


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        *(("an empty object", at) for at in range(5)),
        *(("500", at) for at in range(1, 5)),
        *((kind, 2) for kind in FAULTS if kind not in {"an empty object", "500"}),
    ],
)
def test_a_fault_in_mlflow_deletes_nothing_and_the_next_sync_completes(
    kind: str, at: int, name: str, door: FlakyMLflow, mlflow_client: MLflowClient
) -> None:
    models = set(RegisteredModel.objects.live().values_list("name", flat=True))
    door.faults[at] = FAULTS[kind]

    failure = failure_of_a_sync(client_of(door))

    state = MirrorState.load()
    assert state.error == failure
    assert (state.failing_since is None) == (failure == "")
    assert state.lease_expires_at is None
    assert set(RegisteredModel.objects.live().values_list("name", flat=True)) == models
    gone = AuditEvent.objects.filter(type="model_version.deleted")
    assert {(e.model_name, e.version_number) for e in gone} <= {(name, 3)}
    sync_mirror(mlflow_client)
    assert MirrorState.load().failing_since is None
    check_mirror(name)


@pytest.mark.parametrize("at", range(3))
def test_a_sync_that_dies_is_taken_over_after_its_lease(
    at: int, name: str, mlflow_client: MLflowClient
) -> None:
    pages = 0

    def die(_what: str, _count: int) -> None:
        nonlocal pages
        if pages == at:
            raise Killed
        pages += 1

    with pytest.raises(Killed):
        sync_mirror(mlflow_client, progress=die)
    assert sync_mirror(mlflow_client) is None
    MirrorState.objects.update(lease_expires_at=timezone.now())

    assert sync_mirror(mlflow_client) is not None

    check_mirror(name)


def test_a_first_sync_that_dies_is_begun_again_and_ends_with_one_event(
    plain: PlainClient, mlflow_client: MLflowClient, request: pytest.FixtureRequest
) -> None:
    name = request.node.name
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/model")
    plain.set_registered_model_alias(name, "champion", "1")

    def die(what: str, _count: int) -> None:
        if what == "versions":
            raise Killed

    with pytest.raises(Killed):
        sync_mirror(mlflow_client, progress=die)
    MirrorState.objects.update(lease_expires_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        sync_mirror(mlflow_client)

    about_versions = [q["sql"] for q in queries if "modelversion" in q["sql"]]
    assert not [sql for sql in about_versions if sql.startswith(("INSERT", "UPDATE"))]
    assert Alias.objects.get(model__name=name).version.number == 1
    assert list(AuditEvent.objects.values_list("type", flat=True)) == ["mirror.filled"]
    assert not Incident.objects.exists()


def test_a_slow_mlflow_that_is_asked_for_much_does_not_cost_the_lease(
    name: str,
    committed_db: None,
    plain: PlainClient,
    door: FlakyMLflow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(14):
        plain.create_model_version(name, "s3://bucket/model")
    client = MLflowClient(door.uri)
    sync_mirror(client)
    for number in range(4, 18):  # each is asked for alone before it counts as gone
        plain.delete_model_version(name, str(number))
    door.delay_seconds = 0.3
    monkeypatch.setattr(sync, "LEASE", timedelta(seconds=2.5))
    monkeypatch.setattr(sync, "BEAT_SECONDS", 0.1)
    ended = Event()

    def try_to_take_over() -> None:
        while not ended.wait(0.1):
            take_lease(MirrorState)

    with ThreadPoolExecutor(1) as pool:
        rival = pool.submit(apart, try_to_take_over)
        try:
            report = sync_mirror(client)
        finally:
            ended.set()
        rival.result()

    assert report is not None, "the rival did not get it"
    assert report.seconds > 4
    assert report.gone == 14
    check_mirror(name)
