"""MLflow's own client, which makes the state that ours must read, and reads back."""

from collections.abc import Iterator
from itertools import count

import mlflow
import pytest
from mlflow import MlflowClient

from tests.mlflow_server import MLflowServer

_numbers = count(1)


@pytest.fixture(scope="module")
def theirs(mlflow_server: MLflowServer) -> Iterator[MlflowClient]:
    """MLflow's client; the fluent API (log_model) goes to the same server."""
    mlflow.set_tracking_uri(mlflow_server.uri)
    mlflow.set_registry_uri(mlflow_server.uri)
    yield MlflowClient(mlflow_server.uri, mlflow_server.uri)
    mlflow.set_tracking_uri("")
    mlflow.set_registry_uri("")


@pytest.fixture
def name() -> str:
    """A model name that no other test uses."""
    return f"model-{next(_numbers)}"
