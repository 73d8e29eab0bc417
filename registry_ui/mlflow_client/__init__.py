"""The only door to MLflow: typed calls in, frozen dataclasses out.

Every call may raise `MLflowError`; nothing here knows Django or the mirror.
"""

from functools import lru_cache

from registry_ui.mlflow_client.answers import Answer, JsonObject, storable
from registry_ui.mlflow_client.client import MLflowClient
from registry_ui.mlflow_client.connection import Cost
from registry_ui.mlflow_client.entities import (
    PROMPT_TAG,
    ChangeInfo,
    DatasetInfo,
    FileList,
    Holders,
    Json,
    MetricPoint,
    ModelFile,
    ModelInfo,
    RunInfo,
    VersionInfo,
    WebhookInfo,
)
from registry_ui.mlflow_client.errors import (
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    MLflowUnavailable,
    MLflowUnreadable,
)
from registry_ui.mlflow_client.parsing import model_in, version_in
from registry_ui.mlflow_client.server import Doors, look_at_doors
from registry_ui.mlflow_client.webhooks import MLflowWebhooks, parse_change

__all__ = [
    "PROMPT_TAG",
    "Answer",
    "ChangeInfo",
    "Cost",
    "DatasetInfo",
    "Doors",
    "FileList",
    "Holders",
    "Json",
    "JsonObject",
    "MLflowClient",
    "MLflowError",
    "MLflowNotFound",
    "MLflowRefused",
    "MLflowUnavailable",
    "MLflowUnreadable",
    "MLflowWebhooks",
    "MetricPoint",
    "ModelFile",
    "ModelInfo",
    "RunInfo",
    "VersionInfo",
    "WebhookInfo",
    "look_at_doors",
    "model_in",
    "parse_change",
    "shared_client",
    "storable",
    "version_in",
]


@lru_cache(maxsize=4)
def shared_client(uri: str) -> MLflowClient:
    """Return the process's one client of a server: it keeps its connections.

    Made when it is first needed, so never before a fork.
    """
    return MLflowClient(uri)
