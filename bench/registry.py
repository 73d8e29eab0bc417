"""The rows of a made-up registry: the same for the same shape and seed."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Rows = dict[str, list[tuple[Any, ...]]]
"""Rows by table, in the order of `COLUMNS[table]`."""

# Parents before children, so that foreign keys hold while rows are written in order.
COLUMNS = {
    "experiments": "experiment_id name artifact_location lifecycle_stage"
    " creation_time last_update_time",
    "runs": "run_uuid name source_type source_name entry_point_name user_id status"
    " start_time end_time source_version lifecycle_stage artifact_uri experiment_id",
    "metrics": "key value timestamp step is_nan run_uuid",
    "latest_metrics": "key value timestamp step is_nan run_uuid",
    "params": "key value run_uuid",
    "tags": "key value run_uuid",
    "registered_models": "name creation_time last_updated_time description",
    "registered_model_tags": "name key value",
    "model_versions": "name version creation_time last_updated_time description"
    " current_stage source storage_location run_id run_link status",
    "model_version_tags": "name version key value",
    "registered_model_aliases": "name alias version",
}

MANY_VERSIONS = "many-versions"
WIDE_RUNS = "wide-runs"
WIDE_VERSIONS = 10
RARE_TAG = ("dataset", "snapshot-042")
"""On one version in a hundred."""
COMMON_TAG = ("validation_status", "approved")
"""On one version in three."""
PART_OF_MANY_NAMES = "fraud"

_FEWEST_MODELS = 3
_MOST_VERSIONS = 10_000
_EPOCH = 1_735_689_600_000  # 2025-01-01, in ms; all is in the past
_MINUTE = 60_000
_YEAR = 365 * 24 * 60 * _MINUTE
_DOMAINS = ("fraud", "churn", "credit", "demand", "pricing", "ranking", "ads", "risk")
_WITH_RUN = 0.95
_WITH_PRODUCTION = 0.75
_MOST = 0.6
"""The share of what most have: a Staging version, an alias, a description."""
_KINDS = ("classifier", "regressor", "forecaster", "embedder", "detector")
_TEAMS = ("payments", "growth", "search", "logistics", "platform")
_VERDICTS = ("approved", "pending", "rejected")
_METRICS = "accuracy f1 precision recall roc_auc log_loss latency_ms train_seconds"
_PARAMS = (
    "n_estimators max_depth learning_rate subsample colsample reg_alpha reg_lambda"
    " min_child_weight seed objective booster feature_set"
)
_TEXT = (
    "Trained on the nightly snapshot with the usual holdout; beats the champion on"
    " recall while latency stays flat. See the run for how it was measured."
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a registry is.

    One model, `many-versions`, has a tenth of all versions, at most 10,000; another
    one, `wide-runs`, has ten with 500 metrics and 300 parameters each. The others share
    the rest: most have a few, some have hundreds.
    """

    models: int
    versions: int
    seed: int = 7

    def __post_init__(self) -> None:
        if self.models < _FEWEST_MODELS or self.versions < 5 * self.models:
            raise ValueError("Give at least 3 models, and 5 versions for each.")

    @property
    def most_versions(self) -> int:
        """How many versions the model `many-versions` has."""
        return min(_MOST_VERSIONS, self.versions // 10)

    def tenth(self) -> "Shape":
        """Return a registry of a tenth of the size."""
        return Shape(
            max(_FEWEST_MODELS, self.models // 10), self.versions // 10, self.seed
        )

    def names_and_counts(self) -> list[tuple[str, int]]:
        """Return each model's name and number of versions; sums up to `versions`."""
        rng = random.Random(self.seed)  # noqa: S311 - made up on purpose
        fixed = [(MANY_VERSIONS, self.most_versions), (WIDE_RUNS, WIDE_VERSIONS)]
        others = self.models - len(fixed)
        spare = self.versions - sum(count for _, count in fixed) - others
        weights = [rng.paretovariate(1.3) for _ in range(others)]
        total = sum(weights)
        counts = [1 + int(spare * weight / total) for weight in weights]
        counts[-1] += spare + others - sum(counts)
        names = [
            f"{_DOMAINS[i % len(_DOMAINS)]}-{_KINDS[i % len(_KINDS)]}-{i:05d}"
            for i in range(others)
        ]
        return [*zip(names, counts, strict=True), *fixed]


def registry(shape: Shape) -> Iterator[Rows]:
    """Yield the rows, those of one model with its versions and runs at a time."""
    experiments = max(1, shape.models // 50)
    yield {"experiments": [_experiment(n) for n in range(1, experiments + 1)]}
    rng = random.Random(shape.seed)  # noqa: S311 - as above
    for index, (name, count) in enumerate(shape.names_and_counts()):
        maker = _Model(name, index, 1 + index % experiments, shape.seed, rng)
        maker.add(count)
        yield maker.rows


def _experiment(number: int) -> tuple[Any, ...]:
    place, now = f"mlflow-artifacts:/{number}", _EPOCH
    return number, f"experiment-{number:04d}", place, "active", now, now


@dataclass(slots=True)
class _Model:
    """Makes the rows of one model."""

    name: str
    index: int
    experiment: int
    seed: int
    rng: random.Random
    rows: Rows = field(default_factory=lambda: defaultdict(list))

    def add(self, count: int) -> None:
        """Make the model and its versions, the newest one last."""
        rng, rows = self.rng, self.rows
        # A creation time of its own: a renamed model is recognised by it.
        created, span = _EPOCH + self.index * 20_000, _YEAR
        if self.name == WIDE_RUNS:  # its versions are the newest of all
            created, span = created + _YEAR, _YEAR // 100
        production = (
            max(1, count - rng.randrange(3)) if rng.random() < _WITH_PRODUCTION else 0
        )
        at = created
        for number in range(1, count + 1):
            at = created + number * span // (count + 1) + rng.randrange(_MINUTE)
            self._add_version(number, at, self._stage(number, count, production))
        rows["registered_models"].append((self.name, created, at, _TEXT))
        rows["registered_model_tags"] += [
            (self.name, "team", _TEAMS[self.index % len(_TEAMS)]),
            (self.name, "domain", self.name.partition("-")[0]),
            (self.name, "tier", str(1 + self.index % 3)),
        ]
        for alias, number in (("champion", production), ("challenger", count)):
            if number and rng.random() < _MOST:
                rows["registered_model_aliases"].append((self.name, alias, number))

    def _stage(self, number: int, newest: int, production: int) -> str:
        if number == production:
            return "Production"
        if number == newest and self.rng.random() < _MOST:
            return "Staging"
        return "Archived" if number < production else "None"

    def _add_version(self, number: int, at: int, stage: str) -> None:
        rng = self.rng
        has_run = self.name == WIDE_RUNS or rng.random() < _WITH_RUN
        run_id = self._digest(number) if has_run else None
        folder = f"mlflow-artifacts:/{self.experiment}/{run_id or 'imported'}/artifacts"
        if run_id:
            self._add_run(run_id, number, at, folder)
        source = f"{folder}/model"
        description = _TEXT if rng.random() < _MOST else None
        version = (self.name, number, at, at, description, stage, source, source)
        self.rows["model_versions"].append((*version, run_id, "", "READY"))
        self.rows["model_version_tags"] += [
            (self.name, number, COMMON_TAG[0], rng.choice(_VERDICTS)),
            (self.name, number, RARE_TAG[0], f"snapshot-{rng.randrange(100):03d}"),
            (self.name, number, "git_sha", self._digest(-number)[:12]),
            (self.name, number, "team", _TEAMS[self.index % len(_TEAMS)]),
        ]

    def _add_run(self, run_id: str, number: int, at: int, folder: str) -> None:
        rng, rows, run_name = self.rng, self.rows, f"{self.name}-{number}"
        metrics, params = _METRICS.split(), _PARAMS.split()
        if self.name == WIDE_RUNS:
            metrics = [f"metric_{n:03d}" for n in range(500)]
            params = [f"param_{n:03d}" for n in range(300)]
        user = f"user{rng.randrange(40)}"
        source = ("LOCAL", "train.py", "", user)
        times = (at - 10 * _MINUTE, at)
        place = ("", "active", folder, self.experiment)
        rows["runs"].append((run_id, run_name, *source, "FINISHED", *times, *place))
        for name in metrics:
            metric = (name, round(rng.random(), 6), at, 0, False, run_id)
            rows["metrics"].append(metric)
            rows["latest_metrics"].append(metric)
        rows["params"] += [(name, f"{rng.random():.4f}", run_id) for name in params]
        rows["tags"] += [
            ("mlflow.user", user, run_id),
            ("mlflow.source.name", "train.py", run_id),
            ("mlflow.source.type", "LOCAL", run_id),
            ("mlflow.runName", run_name, run_id),
            ("git.sha", self._digest(-number), run_id),
        ]

    def _digest(self, number: int) -> str:
        """Return 32 hex digits in no order, as MLflow's run ids are."""
        text = f"{self.seed}:{self.name}:{number}".encode()
        return hashlib.blake2b(text, digest_size=16).hexdigest()
