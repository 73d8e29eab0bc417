"""The calls of short moves, and what may become of MLflow's answers."""

from typing import Any

from django.test import Client
from mlflow import MlflowClient as PlainClient

from registry_ui.models import TransitionRequest
from tests.registry_ui.actions.flaky_mlflow import Fault

SOURCE = "s3://bucket/model"
TRANSITION = "/api/2.0/mlflow/model-versions/transition-stage"
ALIAS = "/api/2.0/mlflow/registered-models/alias"
LOOK, MOVE = 0, 1
"""The calls of a short move that looks before it writes, by their number."""
ALONE = 0
"""The only call of one that does not."""
AWAY = Fault(503)
EMPTY = Fault(200, body=b"{}")
CUT = Fault(200, body=b'{"model_version": {', is_cut=True)
SHORT = 2
"""How many calls of MLflow's one takes."""
SHORTEST = 1
"""The same into what asks for nothing."""
MOST_QUERIES = {TRANSITION: 30, ALIAS: 32}
"""Of the whole call, on PostgreSQL; a round trip each, and most of what it costs."""
MOST_WITH_A_LOOK = {TRANSITION: 30, ALIAS: 33}
"""The same into what asks for something."""
Status = TransitionRequest.Status


def registered(plain: PlainClient, name: str) -> None:
    """Register a model of two versions; @champion points to the first."""
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)
    plain.set_registered_model_alias(name, "champion", "1")


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def transition(client: Client, name: str, stage: str, version: str = "1") -> Any:
    return post(client, TRANSITION, name=name, version=version, stage=stage)


def stage(plain: PlainClient, name: str, version: str = "1") -> str:
    return str(plain.get_model_version(name, version).current_stage)
