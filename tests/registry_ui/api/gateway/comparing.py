"""The same calls through the gate and past it, and what of their outcome must agree."""

from collections.abc import Callable
from typing import Any

from mlflow import MlflowClient as PlainClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

Step = Callable[[PlainClient, str], object]
_BY_CHANCE = {"creation_timestamp", "last_updated_timestamp"}


def outcome(step: Step, client: PlainClient, name: str) -> Any:
    """Return what a step gave, without what differs from model to model.

    A refusal is its code and its sentence.
    """
    try:
        return plain_value(step(client, name), name)
    except MlflowException as error:
        return plain_value(f"{error.error_code}: {error.message}", name)


def plain_value(value: Any, name: str) -> Any:
    if isinstance(value, (ModelVersion, RegisteredModel)):
        return plain_value(dict(value), name)
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in _BY_CHANCE}
        return {key: plain_value(one, name) for key, one in kept.items()}
    if isinstance(value, list):
        return [plain_value(one, name) for one in value]
    return value.replace(name, "NAME") if isinstance(value, str) else value
