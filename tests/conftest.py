"""What all tests share."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from registry_ui.mlflow_client import MLflowClient
from tests.mlflow_server import MLflowServer

# A busy machine is slow at times; that says nothing about the code under test.
settings.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")

HINTING = {
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": f"{'k' * 43}=",
    # MLflow learns of a webhook at once, not after a minute.
    "MLFLOW_WEBHOOK_CACHE_TTL": "0",
    "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES": "0",
}
"""Variables of an MLflow that sends its webhooks to addresses of this machine."""


@pytest.fixture(scope="session")
def running_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowServer]:
    """One real MLflow for the whole run."""
    server = MLflowServer.launch(tmp_path_factory.mktemp("mlflow"))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def mlflow_server(running_mlflow: MLflowServer) -> Iterator[MLflowServer]:
    """The MLflow of the run; its registry is empty where a module begins."""
    yield running_mlflow
    running_mlflow.empty_registry()


@pytest.fixture(scope="session")
def hinting_mlflow_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MLflowServer]:
    """A real MLflow that sends its webhooks to addresses of this machine."""
    server = MLflowServer.launch(
        tmp_path_factory.mktemp("hinting-mlflow"), environment=HINTING
    )
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mlflow_client(mlflow_server: MLflowServer) -> MLflowClient:
    """Our client of the real MLflow."""
    return MLflowClient(mlflow_server.uri)


@dataclass
class NeverChanging:
    """The triggers that let no row of the audit log and of policies change."""

    are_lifted: bool = False

    def lift(self) -> None:
        """Let the tests' own flush empty the tables; nothing else may."""
        self._migrate("reverse_code")
        self.are_lifted = True

    def restore(self) -> None:
        """Put them back, if they are lifted."""
        if self.are_lifted:
            self._migrate("code")
            self.are_lifted = False

    def _migrate(self, direction: str) -> None:
        for name in ("0002_audit_append_only", "0014_policy_versions_never_change"):
            module = import_module(f"registry_ui.migrations.{name}")
            (operation,) = module.Migration.operations
            with connection.schema_editor() as editor:
                getattr(operation, direction)(apps, editor)


@pytest.fixture(scope="module")
def never_changing(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[NeverChanging]:
    """Restored after the module's last flush."""
    triggers = NeverChanging()
    yield triggers
    with django_db_blocker.unblock():
        triggers.restore()


@pytest.fixture
def committed_db(
    never_changing: NeverChanging, transactional_db: None
) -> Iterator[None]:
    """A database whose transactions are real, for tests with threads; flushed after."""
    never_changing.restore()
    yield
    never_changing.lift()


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave some tests to the run on PostgreSQL, and keep together what shares much."""
    if connection.vendor != "postgresql":
        elsewhere = [item for item in items if item.get_closest_marker("services")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        if group := _shared_resource(item):
            item.add_marker(pytest.mark.xdist_group(group))


def _shared_resource(item: pytest.Item) -> str:
    """Name the costly thing that a test needs, so that one worker starts it once."""
    if "tests/system/" in item.nodeid:
        return "up"
    fixtures: list[str] = getattr(item, "fixturenames", [])
    if "hinting_mlflow_server" in fixtures:
        return "hinting mlflow"
    return "mlflow" if "running_mlflow" in fixtures else ""


@pytest.fixture
def chance() -> random.Random:
    """For tests that go by chance; pytest shows the seed where one fails."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - to run it again
    return random.Random(seed)  # noqa: S311 - no secret
