"""The remembered MLflow does what the real one does."""

import random

from mlflow import MlflowClient as PlainClient

from registry_ui.mlflow_client import MLflowClient
from registry_ui.planning import SERVING_STAGES
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.remembered_mlflow import RememberedMLflow

NAME = "remembered"
STAGES = ("None", "Staging", "Production", "Archived")
ALIASES = ("champion", "Champion", "old")


def test_it_does_what_mlflow_does(
    mlflow_server: MLflowServer, mlflow_client: MLflowClient
) -> None:
    plain = PlainClient(mlflow_server.uri, mlflow_server.uri)
    plain.create_registered_model(NAME)
    for _ in range(3):
        plain.create_model_version(NAME, "s3://bucket/model")
    before = mlflow_client.holders(NAME)
    remembered = RememberedMLflow(
        before.created_at, dict.fromkeys((1, 2, 3), "None"), {}
    )
    assert remembered.holders(NAME) == before

    for seed in range(60):
        for client in (mlflow_client, remembered):
            act(client, random.Random(seed))  # noqa: S311 - the same for both
        assert remembered.holders(NAME) == mlflow_client.holders(NAME), seed


def act(client: MLflowClient, chance: random.Random) -> None:
    """Do one thing that applying a plan may do."""
    number, alias = chance.randint(1, 3), chance.choice(ALIASES)
    match chance.choice(["transition", "transition", "set", "delete"]):
        case "transition":
            stage = chance.choice(STAGES)
            archives = stage in SERVING_STAGES and chance.random() < 0.5
            client.transition_stage(NAME, number, stage, archive_existing=archives)
        case "set":
            client.set_alias(NAME, alias, number)
        case _:
            client.delete_alias(NAME, alias)
