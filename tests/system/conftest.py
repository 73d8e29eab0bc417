"""One `manage.py up` behind a gatekeeper, for all tests of what happens to MLflow."""

from collections.abc import Iterator

import pytest
from mlflow import MlflowClient

from tests.mlflow_server import MLflowServer
from tests.running import RunningSignoff
from tests.system.gatekeeper import TRANSITION, Gatekeeper, Hold

PEOPLE = """
from registry_ui.models import Level
from tests.factories import make_user
make_user(username="dana", level=Level.CAN_EDIT)
make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
"""


@pytest.fixture(scope="session")
def running_gatekeeper(running_mlflow: MLflowServer) -> Iterator[Gatekeeper]:
    gatekeeper = Gatekeeper(running_mlflow.uri)
    yield gatekeeper
    gatekeeper.shutdown()
    gatekeeper.server_close()


@pytest.fixture
def gatekeeper(running_gatekeeper: Gatekeeper) -> Iterator[Gatekeeper]:
    """The one before `signoff`'s MLflow; lets everything pass, has counted none."""
    running_gatekeeper.transitions = 0
    yield running_gatekeeper
    running_gatekeeper.hold = Hold.NOWHERE
    running_gatekeeper.held_path = TRANSITION


@pytest.fixture(scope="session")
def signoff(
    running_gatekeeper: Gatekeeper, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSignoff]:
    """One that takes the gatekeeper for MLflow, with Dana who asks and Rui who may."""
    running = RunningSignoff.launch(
        tmp_path_factory.mktemp("behind-gatekeeper"),
        environment={
            "MLFLOW_TRACKING_URI": running_gatekeeper.uri,
            "SIGNOFF_WEBHOOK_ALLOW_HTTP": "1",
            "SIGNOFF_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
    )
    try:
        running.wait_until_ready()
        running.manage("shell", "--no-imports", "-c", PEOPLE)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def tokens(signoff: RunningSignoff) -> dict[str, str]:
    return {
        name: signoff.manage("api_token", name).splitlines()[-1]
        for name in ("dana", "rui")
    }


@pytest.fixture
def plain(running_mlflow: MLflowServer) -> MlflowClient:
    """MLflow's own client, past the gatekeeper."""
    return MlflowClient(running_mlflow.uri, running_mlflow.uri)
