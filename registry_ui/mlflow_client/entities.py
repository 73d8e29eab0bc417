"""What MLflow tells us, as frozen values. Times are aware UTC; absent text is ""."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

PROMPT_TAG = "mlflow.prompt.is_prompt"
"""The tag of a registered model that makes MLflow take it for a prompt."""

NAME_LENGTH = 256
"""Of a model at most: MLflow's column, which its store on SQLite does not enforce."""
RUN_ID_LENGTH = 64
"""MLflow's own have 32 characters; any text passes where it stores into SQLite."""

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A registered model."""

    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    tags: dict[str, str]
    aliases: dict[str, int]

    @property
    def is_prompt(self) -> bool:
        """Does a tag make it a prompt, which MLflow's searches hide?"""
        return self.tags.get(PROMPT_TAG) == "true"


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A model version.

    `run_id` is "" where the version has no run. `aliases` is None where MLflow does
    not say (its version search never does).
    """

    name: str
    number: int
    created_at: datetime
    updated_at: datetime
    stage: str
    description: str
    source: str
    run_id: str
    run_link: str
    status: str
    status_message: str
    tags: dict[str, str]
    aliases: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Holders:
    """Who is in which stage and behind which alias of one model, read fresh.

    `stages` has an entry for each stage that has versions, numbers ascending. Another
    `created_at` is another model of the same name.
    """

    created_at: datetime
    stages: dict[str, tuple[int, ...]]
    aliases: dict[str, int]
    is_prompt: bool = False


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset that a run logged; `context` is "training" or the like, or ""."""

    name: str
    digest: str
    context: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run with the latest value of each metric, which may be NaN or infinite."""

    run_id: str
    name: str
    experiment_id: str
    user: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    datasets: tuple[DatasetInfo, ...]


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One logged value of a metric; it may be NaN or infinite."""

    step: int
    value: float
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a version's MLmodel file says, as plain JSON that any database stores.

    `signature` has the keys `inputs`, `outputs` and `params`, each None or a list in
    MLflow's schema JSON; it is None where the model was logged without one.
    `metadata` is all the rest. `input_example_path` is below the version's root, ""
    where no file is named.
    """

    signature: dict[str, Json] | None
    flavors: dict[str, Json]
    metadata: dict[str, Json]
    model_size_bytes: int | None
    python_version: str
    mlflow_version: str
    model_uuid: str
    model_id: str
    run_id: str
    has_input_example: bool
    input_example_path: str


@dataclass(frozen=True, slots=True)
class FileList:
    """The files of a version's model.

    `sizes` maps paths below the model's root to bytes, None where MLflow does not say;
    `is_cut` tells that there are more.
    """

    sizes: dict[str, int | None]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """One of MLflow's own webhooks."""

    webhook_id: str
    url: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """What a webhook's request says was changed; `number` is None where it names none.

    Anybody's word until MLflow was asked.
    """

    name: str
    number: int | None
