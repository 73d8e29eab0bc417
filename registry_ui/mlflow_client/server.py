"""Asking a server whether it is MLflow and lets our account in."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from registry_ui.mlflow_client.answers import error_of
from registry_ui.mlflow_client.connection import API, Connection
from registry_ui.mlflow_client.errors import MLflowUnavailable

_ANSWER_BYTES = 64 * 1024
_LOOK_SECONDS = 2.0
_REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Doors:
    """What a server lets pass of somebody without an account.

    Attributes:
        is_guarded: it says that it runs the guard.
        asks_who: it refuses to be read without a sign-in.
        has_basic_auth: and it does so as MLflow's own `basic-auth` app.
    """

    is_guarded: bool
    asks_who: bool
    has_basic_auth: bool


def look_at_doors(uri: str) -> Doors:
    """Read one line of the registry without credentials; nothing is changed.

    Raises:
        MLflowError: the server cannot be reached, or is not MLflow.
    """
    stranger = Connection(uri, timeout_seconds=_LOOK_SECONDS, is_anonymous=True)
    path = f"{API}registered-models/search"
    answer = stranger.read("GET", path, params={"max_results": 1}, limit=_ANSWER_BYTES)
    asks_who = answer.status in _REFUSALS
    if not asks_who:
        answer.json()  # raises: it is not MLflow, or refuses for another reason
    return Doors(answer.is_guarded, asks_who, answer.has_basic_auth)


def server_version(connection: Connection) -> str:
    """Return MLflow's version, after a read that needs our account to be let in."""
    answer = connection.read("GET", "/version", limit=_ANSWER_BYTES)
    version = answer.body.decode(errors="replace").strip()
    if answer.status != HTTPStatus.OK:
        raise error_of(answer)
    if not re.match(r"\d+\.\d+", version):
        raise MLflowUnavailable(
            f"The server at {connection.address} is not MLflow. Is the address right?"
        )
    connection.get("registered-models/search", {"max_results": 1})
    return version
