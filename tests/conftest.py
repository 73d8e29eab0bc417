"""What all tests share."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

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
