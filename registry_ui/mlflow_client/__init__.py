"""The only door to MLflow: typed calls in, frozen dataclasses out.

Every call may raise `MLflowError`; nothing here knows Django or the mirror.
"""

from registry_ui.mlflow_client.client import MLflowClient
from registry_ui.mlflow_client.entities import (
    DatasetInfo,
    Holders,
    Json,
    MetricPoint,
    ModelFile,
    ModelInfo,
    RunInfo,
    VersionInfo,
)
from registry_ui.mlflow_client.errors import (
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    MLflowUnavailable,
    MLflowUnreadable,
)
from registry_ui.mlflow_client.parsing import PROMPT_TAG

__all__ = [
    "PROMPT_TAG",
    "DatasetInfo",
    "Holders",
    "Json",
    "MLflowClient",
    "MLflowError",
    "MLflowNotFound",
    "MLflowRefused",
    "MLflowUnavailable",
    "MLflowUnreadable",
    "MetricPoint",
    "ModelFile",
    "ModelInfo",
    "RunInfo",
    "VersionInfo",
]
