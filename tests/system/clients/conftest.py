"""Databricks' clients in the hands of people, against one running product."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.running import SYNC_SECONDS, RunningSignoff, wait_for
from tests.system.clients.processes import (
    SCRIPTS,
    ClientError,
    ClientProcess,
    InHandsOf,
    python_of_clients,
)
from tests.webhooks_ui.receivers import Receiver

PEOPLE = """
import json
from registry_ui.models import Level, Scope
from tests.factories import make_token, make_user
people = {
    "admin": make_user(is_superuser=True),
    "manager": make_user(level=Level.CAN_MANAGE),
    "editor": make_user(level=Level.CAN_EDIT),
    "stranger": make_user(),
    "reader": make_user(level=Level.CAN_READ),
}
tokens = {name: make_token(user=user)[1] for name, user in people.items()}
tokens["checker"] = make_token(user=people["manager"], scopes=[Scope.CHECK])[1]
print(json.dumps(tokens))
"""
AT_ONCE_SECONDS = 20.0
"""Who tries again does so for a minute at least (or five: databricks-sdk)."""

As = Callable[[str], InHandsOf]


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Skip before anything is started, where there are no clients."""
    python_of_clients()


@pytest.fixture(scope="session")
def secrets_of(signoff: RunningSignoff) -> dict[str, str]:
    """A token of each role; its holder has no other part in these tests."""
    printed = signoff.manage("shell", "--no-imports", "-c", PEOPLE)
    found: dict[str, str] = json.loads(printed.splitlines()[-1])
    return found | {"nobody": "signoff_nonsense"}


@pytest.fixture(scope="module", params=SCRIPTS)
def by(
    request: pytest.FixtureRequest, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> Iterator[As]:
    """Each client in the hands of a role."""
    yield from in_hands(request.param, signoff, secrets_of)


@pytest.fixture(scope="module")
def sdk(signoff: RunningSignoff, secrets_of: dict[str, str]) -> Iterator[As]:
    """databricks-sdk, the one that knows more than webhooks, in the hands of a role."""
    yield from in_hands("databricks-sdk", signoff, secrets_of)


def in_hands(
    name: str, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> Iterator[As]:
    """Start a client; it shall not complain, nor try again."""
    client = ClientProcess.start(name, host=signoff.url)
    yield lambda role: InHandsOf(client, secrets_of[role])
    complaints = client.complained()
    client.stop()
    assert complaints == ""
    assert client.slowest_seconds < AT_ONCE_SECONDS


@pytest.fixture(scope="module")
def model(
    running_mlflow: Any, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> str:
    """The name of a model that is mirrored."""
    name = f"watched-{os.getpid()}"
    MlflowClient(running_mlflow.uri, running_mlflow.uri).create_registered_model(name)

    def is_known() -> bool:
        path = f"/api/2.0/mlflow/registry-webhooks/list?model_name={name}"
        return raw(signoff, secrets_of["admin"], "GET", path)[0] == 200

    wait_for(is_known, seconds=SYNC_SECONDS + 30, what="the model is mirrored")
    return name


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def raw(
    signoff: RunningSignoff, token: str, method: str, path: str, **body: Any
) -> tuple[int, Any]:
    """Make a call without any client; return status and answer."""
    call = urllib.request.Request(  # noqa: S310 - our own server
        signoff.url + path,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(call) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def refusal(client: InHandsOf, verb: str, **given: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        client.call(verb, **given)
    return caught.value
