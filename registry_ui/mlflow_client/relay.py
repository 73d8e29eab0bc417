"""Handing single calls on to MLflow, and its own answers back."""

from registry_ui.mlflow_client.answers import Answer, JsonObject, error_of
from registry_ui.mlflow_client.connection import API, Connection
from registry_ui.mlflow_client.errors import MLflowRefused

_SERVER_INFO = "/api/3.0/mlflow/server-info"


class Relay:
    """Asks MLflow in a caller's words, with our account and none of their headers.

    Every method may raise `MLflowError` where MLflow cannot be used.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, path: str, params: JsonObject) -> Answer:
        """Return what MLflow answers to a GET below its API: an object, or a refusal.

        Args:
            path: such as `model-versions/get`.
            params: of the query; lists are repeated.
        """
        return _usable(self._connection.read("GET", f"{API}{path}", params=params))

    def server_info(self) -> Answer:
        """Return what the server says it can do; older ones refuse with 404."""
        return _usable(self._connection.read("GET", _SERVER_INFO))

    def write(self, method: str, path: str, body: JsonObject) -> JsonObject:
        """Have something changed; sent once.

        Returns:
            MLflow's own JSON.

        Raises:
            MLflowRefused: it has changed nothing.
        """
        return self._connection.write(method, path, body)


def _usable(answer: Answer) -> Answer:
    """Return an answer that a caller may have as it is.

    Raises:
        MLflowError: it is no answer of MLflow's, or says that MLflow has failed, or
            that our account is not let in.
    """
    is_object = answer.body.lstrip()[:1] == b"{"
    if answer.is_ok:
        if not is_object:
            answer.json()  # raises: it is not MLflow that answers
        return answer
    error = error_of(answer)
    if isinstance(error, MLflowRefused) and is_object:
        return answer
    raise error
