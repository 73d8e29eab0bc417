"""A real MLflow, with and without the guard, and Signoff's own server before it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from registry_ui.actions.sync import sync_mirror
from registry_ui.api.enforcement.acts import ACTS, Act
from registry_ui.api.enforcement.matrix import Role
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Level
from tests.conftest import HINTING
from tests.factories import grant, make_token, make_user
from tests.mlflow_server import MLflowServer, guard_variables
from tests.registry_ui.api.enforcement.accounts import (
    sign_in_variables,
)
from tests.registry_ui.api.enforcement.clients import Person, Trier
from tests.registry_ui.api.enforcement.trying import make_world
from tests.system.clients.processes import ClientProcess

GUARD_SECRET = "a-secret-of-signoff-and-mlflow"  # noqa: S105 - of a server on loopback
_numbers = count(1)
IDLE = next(act for act in ACTS if act.slug == "delete-model")


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where the matrix is tried."""

    mlflow: MLflowServer
    plain: PlainClient
    address: str

    def sync(self) -> None:
        """Bring the mirror up to date."""
        sync_mirror(MLflowClient(self.mlflow.uri))

    def make(self, act: Act) -> str:
        """Make a model to try a change on, and return its name."""
        name = f"tried-{next(_numbers):04}"
        make_world(self.plain, name, act)
        return name

    def make_logged(self, folder: Path) -> str:
        """Make a model of a run with a metric and a file; return its name."""
        name = f"logged-{next(_numbers):04}"
        run = self.plain.create_run("0").info
        self.plain.log_metric(run.run_id, "auc", 0.7)
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"a model")
        self.plain.log_artifact(run.run_id, str(folder / "model.bin"), "model")
        source = f"{run.artifact_uri}/model"
        self.plain.create_registered_model(name)
        for _ in range(2):
            self.plain.create_model_version(
                name, source, run.run_id, await_creation_for=0
            )
        self.plain.transition_model_version_stage(name, "1", "Production")
        self.plain.set_registered_model_alias(name, "champion", "1")
        return name

    def make_all(self, acts: Iterable[Act]) -> dict[Act, str]:
        """Make a model for each change; they are what the first sync finds."""
        names = {act: self.make(act) for act in acts}
        self.sync()
        return names

    def share_out(self, acts: Iterable[Act]) -> dict[Act, str]:
        """Name a model for each change that will change nothing; two are enough."""
        serving, idle = self.make_all([ACTS[-1], IDLE]).values()
        return {act: idle if act is IDLE else serving for act in acts}

    def person(self, role: Role) -> Person:
        """Make somebody of that role, on the whole registry."""
        user = make_user(is_superuser=role.is_administrator)
        if role.level and not role.is_administrator:
            grant(user, Level(role.level))
        _, secret = make_token(user=user)
        browser = Client()
        browser.force_login(user)
        named = self.address.replace("://", f"://{user.get_username()}:{secret}@")
        return Person(
            user,
            secret,
            PlainClient(self.mlflow.uri, named),
            {"Authorization": f"Bearer {secret}"},
            browser,
        )


@pytest.fixture
def grounds(
    committed_db: None,
    settings: Settings,
    live_server: LiveServer,
    hinting_mlflow_server: MLflowServer,
) -> Iterator[Grounds]:
    """Signoff before an MLflow without guard, both empty.

    It is the MLflow that takes webhooks to this machine.
    """
    hinting_mlflow_server.empty_registry()
    uri = hinting_mlflow_server.uri
    settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = uri
    plain = PlainClient(uri, uri)
    yield Grounds(hinting_mlflow_server, plain, live_server.url)
    hinting_mlflow_server.empty_registry()
    for webhook in plain.list_webhooks():
        plain.delete_webhook(webhook.webhook_id)


@pytest.fixture(scope="session")
def guard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of an MLflow in whose environment this package is installed."""
    return guard_variables(tmp_path_factory.mktemp("site"), GUARD_SECRET)


@pytest.fixture(scope="session")
def databricks_sdk(live_server: LiveServer) -> Iterator[ClientProcess]:
    """Databricks' client, unmodified; skips where it is not installed."""
    client = ClientProcess.start("databricks-sdk", host=live_server.url)
    yield client
    client.stop()


@pytest.fixture
def client(request: pytest.FixtureRequest, grounds: Grounds) -> Trier:
    """The client that the test is for, by its name."""
    name = request.param
    sdk = name == "databricks-sdk" and request.getfixturevalue("databricks_sdk")
    return Trier(name, grounds.address, grounds.plain, sdk or None)


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of an MLflow that asks who is there."""
    return sign_in_variables(tmp_path_factory.mktemp("accounts"))


@pytest.fixture(scope="module")
def signed_in(
    hinting_mlflow_server: MLflowServer, accounts: dict[str, str]
) -> Iterator[MLflowServer]:
    """Another MLflow on the same database, with MLflow's own sign-in."""
    with launched(hinting_mlflow_server, "basic-auth", accounts) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(
    hinting_mlflow_server: MLflowServer, guard: dict[str, str]
) -> Iterator[MLflowServer]:
    """Another MLflow on the same database, with the guard."""
    with launched(hinting_mlflow_server, "signoff-guard", guard) as server:
        yield server


@pytest.fixture(scope="module")
def guarded_and_signed_in(
    hinting_mlflow_server: MLflowServer,
    guard: dict[str, str],
    accounts: dict[str, str],
) -> Iterator[MLflowServer]:
    """Another one, with the guard before MLflow's own sign-in."""
    variables = accounts | guard | {"SIGNOFF_GUARD_APP": "basic-auth"}
    with launched(hinting_mlflow_server, "signoff-guard", variables) as server:
        yield server


@contextmanager
def launched(
    beside: MLflowServer, app: str, variables: dict[str, str]
) -> Iterator[MLflowServer]:
    """Run an app of MLflow on the database of another server."""
    server = MLflowServer.launch(
        beside.folder, arguments=("--app-name", app), environment=HINTING | variables
    )
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
