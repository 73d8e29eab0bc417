"""What is known of the registry before MLflow is imported, which takes seconds."""

from __future__ import annotations

import os

import urllib3

from config.demo.catalog import MODELS

# A tag on each model's experiment in MLflow, set when all its versions stand.
MARKER = "signoff.demo"
COMPLETE = "complete"

_ANSWER_SECONDS = 10
_OK = 200


def registry_is_complete(tracking_uri: str) -> bool:
    """Are all models of the catalog there? One request, no import of MLflow.

    Raises:
        urllib3.exceptions.HTTPError: the server does not answer.
    """
    answer = urllib3.request(
        "POST",
        f"{tracking_uri}/api/2.0/mlflow/experiments/search",
        json={"max_results": 1000, "filter": f"tags.`{MARKER}` = '{COMPLETE}'"},
        timeout=_ANSWER_SECONDS,
        retries=False,
    )
    found = answer.json().get("experiments", []) if answer.status == _OK else []
    return {plan.name for plan in MODELS} <= {each["name"] for each in found}


def quieten_mlflow() -> None:
    """Keep MLflow's own news out of the seed's output; call before importing it."""
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
