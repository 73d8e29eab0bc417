"""A real MLflow, the gate before it, and MLflow's own clients of both."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from tests.factories import make_token, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.flaky_mlflow import FlakyMLflow, flaky_mlflow
from tests.registry_ui.api.conftest import caller

_numbers = count(1)

ClientOf = Callable[[User], PlainClient]


@pytest.fixture
def name() -> str:
    """A model name that no other test uses."""
    return f"gate-{next(_numbers)}"


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    """MLflow's client without the gate."""
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def gate_of(
    committed_db: None,
    settings: Settings,
    live_server: LiveServer,
    mlflow_server: MLflowServer,
) -> ClientOf:
    """Make clients whose registry is the gate; a person's token is in the address."""
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    settings.DEFAULT_POLICY = "open"

    def client_of(user: User) -> PlainClient:
        _, secret = make_token(user=user)
        address = live_server.url.replace("://", f"://{user.get_username()}:{secret}@")
        return PlainClient(mlflow_server.uri, address)

    return client_of


@pytest.fixture
def admin(gate_of: ClientOf) -> User:
    return make_user(username="ada", is_superuser=True)


@pytest.fixture
def gate(gate_of: ClientOf, admin: User) -> PlainClient:
    """MLflow's client through the gate, as an administrator."""
    return gate_of(admin)


@pytest.fixture
def sync(gate_of: ClientOf, mlflow_server: MLflowServer) -> Callable[[], None]:
    """Bring the mirror up to date, when called."""

    def run() -> None:
        sync_mirror(MLflowClient(mlflow_server.uri))

    return run


@pytest.fixture
def door(
    settings: Settings, gate_of: ClientOf, mlflow_server: MLflowServer
) -> Iterator[FlakyMLflow]:
    """What the gate takes for MLflow, once this is asked for."""
    with flaky_mlflow(mlflow_server.uri) as server:
        settings.MLFLOW_REGISTRY_URI = server.uri
        yield server


@pytest.fixture
def client(admin: User) -> Client:
    """Django's client of the gate, as an administrator."""
    return caller(admin)
