"""What all tests share."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from registry_ui.mlflow_client import MLflowClient
from tests.mlflow_server import MLflowServer

# A busy machine is slow at times; that says nothing about the code under test.
settings.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowServer]:
    """One real MLflow for the whole run: tests use model names of their own."""
    server = MLflowServer.launch(tmp_path_factory.mktemp("mlflow"))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mlflow_client(mlflow_server: MLflowServer) -> MLflowClient:
    """Our client of the real MLflow."""
    return MLflowClient(mlflow_server.uri)


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A PostgreSQL database whose transactions are real, for tests with threads.

    Emptied afterwards. The audit table refuses that, as it should: this is the one
    place that lifts its triggers.
    """
    with django_db_blocker.unblock():
        yield
        tables = ", ".join(
            connection.ops.quote_name(table)
            for table in connection.introspection.django_table_names(only_existing=True)
            if table not in {"django_migrations", "django_content_type"}
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        connection.close()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave the tests that need PostgreSQL to the run on PostgreSQL, and say so."""
    if connection.vendor == "postgresql":
        return
    elsewhere = [item for item in items if item.get_closest_marker("services")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
