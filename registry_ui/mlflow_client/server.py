"""Asking a server whether it is MLflow and lets our account in."""

import re
from http import HTTPStatus

from registry_ui.mlflow_client.answers import error_of
from registry_ui.mlflow_client.connection import Connection
from registry_ui.mlflow_client.errors import MLflowUnavailable

_ANSWER_BYTES = 64 * 1024


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
