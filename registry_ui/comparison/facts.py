"""What is known of a version: the input of every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from registry_ui.comparison.directions import NOTHING_CHOSEN, MetricChoices

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that the run read or was judged by."""

    name: str
    digest: str
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """One model version as it was when read; nothing in it is looked up later.

    `choices` are what people chose for the metrics of its model. `metrics` may hold NaN
    and infinities. `signature` is MLflow's JSON: `inputs`,
    `outputs` and `params`, each a list of specs (or that list as JSON text) or None;
    None as a whole where the model has no signature. `requirements` are the lines of
    requirements.txt. `model_size_bytes` is None where MLflow does not say. `model_file`
    is the MLmodel file but for its signature. `files` are paths with sizes in bytes,
    None where MLflow does not say; `files_error` says why they are not all there.
    `evidence_errors` say, in words for people, which part could not be read;
    `is_run_read` and `is_model_read` tell "has none" from "could not be read".
    """

    model_name: str
    number: int
    stage: str = "None"
    aliases: tuple[str, ...] = ()
    created_at: datetime | None = None
    run_id: str = ""
    run_name: str = ""
    experiment_id: str = ""
    user: str = ""
    source: str = ""
    description: str = ""
    choices: MetricChoices = NOTHING_CHOSEN
    metrics: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    params: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    run_tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    datasets: tuple[Dataset, ...] = ()
    signature: Mapping[str, Any] | None = None
    requirements: tuple[str, ...] = ()
    flavors: tuple[str, ...] = ()
    model_file: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    model_size_bytes: int | None = None
    python_version: str = ""
    mlflow_version: str = ""
    files: Mapping[str, int | None] = field(default_factory=lambda: _NOTHING)
    files_error: str = ""
    input_example: str = ""
    input_example_error: str = ""
    is_run_read: bool = True
    is_model_read: bool = True
    evidence_errors: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return how addresses name it: `churn/7`."""
        return f"{self.model_name}/{self.number}"

    @property
    def label(self) -> str:
        """Return what people call it: `churn v7`."""
        return f"{self.model_name} v{self.number}"
