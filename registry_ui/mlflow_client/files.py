"""Fetching one file of a version's artifacts through MLflow, whatever stores them."""

import re
from collections.abc import Callable
from http import HTTPStatus

from registry_ui.mlflow_client.answers import Answer, JsonObject, error_of, understood
from registry_ui.mlflow_client.connection import AnswerTooLarge, Connection
from registry_ui.mlflow_client.errors import MLflowUnreadable

# What MLflow answers where it lacks the storage's library or credentials, or does not
# know the kind of storage. That does not heal by asking again.
_UNREADABLE_STATUSES = {HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR}
RUN_SOURCE = re.compile(r"runs:/+(?P<run_id>[^/]+)/(?P<folder>.+)")


def read_file(
    connection: Connection, name: str, number: int, path: str, *, limit: int
) -> bytes:
    """Return the file at `path` below the version's root.

    Raises:
        MLflowNotFound: there is no such version or file.
        MLflowUnreadable: it has more than `limit` bytes, or MLflow cannot fetch it.
    """

    def fetch(route: str, params: JsonObject) -> Answer:
        return connection.read("GET", route, params=params, limit=limit)

    return _fetched(connection, name, number, path, limit, fetch).body


def digest_file(
    connection: Connection, name: str, number: int, path: str, *, limit: int
) -> str:
    """Return the SHA-256 of the file at `path` below the version's root, in hex.

    Raises:
        MLflowNotFound: there is no such version or file.
        MLflowUnreadable: it has more than `limit` bytes, or MLflow cannot fetch it.
    """

    def fetch(route: str, params: JsonObject) -> Answer:
        return connection.digest(route, params, limit=limit)

    return _fetched(connection, name, number, path, limit, fetch).sha256


def _fetched(
    connection: Connection,
    name: str,
    number: int,
    path: str,
    limit: int,
    fetch: Callable[[str, JsonObject], Answer],
) -> Answer:
    version = {"name": name, "version": str(number)}
    try:
        answer = fetch("/model-versions/get-artifact", version | {"path": path})
        if answer.status in _UNREADABLE_STATUSES:
            answer = _from_run(connection, version, path, fetch) or answer
    except AnswerTooLarge:
        raise MLflowUnreadable(f"{path} is larger than {limit:,} bytes.") from None
    if answer.status == HTTPStatus.OK:
        return answer
    error = error_of(answer)
    if answer.status in _UNREADABLE_STATUSES:
        raise MLflowUnreadable(f"MLflow could not read {path}: {error}") from error
    raise error


def _from_run(
    connection: Connection,
    version: JsonObject,
    path: str,
    fetch: Callable[[str, JsonObject], Answer],
) -> Answer | None:
    """Ask the run for the file if the version's source names one.

    A version made through REST may have the source `runs:/<run id>/model`, which
    MLflow's route for versions fails on when artifacts are proxied (3.17).
    """
    payload = connection.get("model-versions/get", version)
    source = understood(lambda it: str(it["model_version"].get("source")), payload)
    match = RUN_SOURCE.fullmatch(source)
    if match is None:
        return None
    params = {"run_uuid": match["run_id"], "path": f"{match['folder']}/{path}"}
    return fetch("/get-artifact", params)
