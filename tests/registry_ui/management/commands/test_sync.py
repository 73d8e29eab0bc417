"""`manage.py sync`."""

import re
import socket
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from mlflow import MlflowClient
from pytest_django import Settings

from registry_ui.models import Evidence, MirrorState, ModelVersion
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    """Takes what is written and says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def mlflow(settings: Settings, mlflow_server: MLflowServer) -> MlflowClient:
    """MLflow's own client of the server that the command reads."""
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    settings.MLFLOW_TRACKING_URI = mlflow_server.uri
    return MlflowClient(mlflow_server.uri, mlflow_server.uri)


def test_it_fills_the_mirror_and_reports(mlflow: MlflowClient) -> None:
    mlflow.create_registered_model("sync-command")
    mlflow.create_model_version("sync-command", "s3://bucket/nothing")
    stdout, stderr = StringIO(), StringIO()

    call_command("sync", "--full", stdout=stdout, stderr=stderr)

    version = ModelVersion.objects.get(model__name="sync-command")
    assert Evidence.objects.filter(version=version).exists()
    assert " new, 0 changed, 0 gone; " in stdout.getvalue()
    assert " s; runs of " in stdout.getvalue()
    assert stderr.getvalue() == ""


def test_a_terminal_sees_how_far_it_got_on_a_line_that_goes_away(
    mlflow: MlflowClient,
) -> None:
    mlflow.create_registered_model("sync-command-terminal")
    terminal = Terminal()

    call_command("sync", stdout=StringIO(), stderr=terminal)

    assert "models …" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    assert "\n" not in terminal.getvalue()


def test_a_running_sync_is_not_disturbed() -> None:
    MirrorState.objects.create(
        lease_token="theirs",  # noqa: S106 - names a lease, opens nothing
        lease_expires_at=timezone.now() + timedelta(minutes=1),
    )

    with pytest.raises(CommandError, match="Another sync is running") as refusal:
        call_command("sync", stdout=StringIO())

    seconds = re.search(r"can take over in (\d+) s", str(refusal.value))
    assert seconds is not None
    assert 0 < int(seconds[1]) <= 60
    assert MirrorState.load().lease_token == "theirs"  # noqa: S105 - as above


def test_an_unreachable_mlflow_is_one_sentence(settings: Settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
        settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = uri

        with pytest.raises(CommandError) as failure:
            call_command("sync", stdout=StringIO())

    assert uri in str(failure.value)
    assert "\n" not in str(failure.value)
    assert MirrorState.load().error == str(failure.value)
