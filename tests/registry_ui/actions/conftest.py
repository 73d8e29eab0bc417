"""MLflow's own client, which makes what ours must read."""

from collections.abc import Iterator

import mlflow
import pytest
from mlflow import MlflowClient as PlainClient

from tests.mlflow_server import MLflowServer


@pytest.fixture
def theirs(mlflow_server: MLflowServer) -> Iterator[PlainClient]:
    """MLflow's client; the fluent API (log_model) goes to the same server."""
    mlflow.set_tracking_uri(mlflow_server.uri)
    mlflow.set_registry_uri(mlflow_server.uri)
    yield PlainClient(mlflow_server.uri, mlflow_server.uri)
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")
