"""The only door to MLflow: typed calls in, frozen dataclasses out.

Every call may raise `MLflowError`; nothing here knows Django or the mirror.
"""

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
from registry_ui.mlflow_client.webhooks import MLflowWebhooks, parse_change

__all__ = [
    "PROMPT_TAG",
    "ChangeInfo",
    "Cost",
    "DatasetInfo",
    "FileList",
    "Holders",
    "Json",
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
    "parse_change",
]
