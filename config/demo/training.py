"""Training on the spot: real estimators, real learning curves, real metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import (
    config_context,
    ensemble,
    linear_model,
    metrics,
    neural_network,
)
from sklearn.compose import make_column_transformer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from config.demo.data import DataSet, Task

SEED = 42

ESTIMATORS: dict[str, Callable[..., Any]] = {
    "SGDClassifier": linear_model.SGDClassifier,
    "SGDRegressor": linear_model.SGDRegressor,
    "MLPClassifier": neural_network.MLPClassifier,
    "MLPRegressor": neural_network.MLPRegressor,
    "RandomForestClassifier": ensemble.RandomForestClassifier,
    "RandomForestRegressor": ensemble.RandomForestRegressor,
    "GradientBoostingClassifier": ensemble.GradientBoostingClassifier,
    "GradientBoostingRegressor": ensemble.GradientBoostingRegressor,
}


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline and what was learnt about it.

    Attributes:
        curves: metric name to its value after each step, oldest first.
        final: metric name to one value on the held-out rows; NaN where undefined.
        training: the rows it was fitted on, with the target as last column.
    """

    pipeline: Pipeline
    curves: Mapping[str, list[float]]
    final: Mapping[str, float]
    training: pd.DataFrame


def train(
    data: DataSet,
    estimator: str,
    params: Mapping[str, object],
    *,
    steps: int,
    segment: str | None = None,
) -> Trained:
    """Fit a pipeline step by step and score it after every step.

    Args:
        steps: epochs for what learns by `partial_fit`, else that many growths of the
            ensemble, evenly up to its `n_estimators`.
        segment: a column; recall is then also given for each of its values.
    """
    stratify = data.target if data.task == "classification" else None
    x_train, x_test, y_train, y_test = train_test_split(
        data.features, data.target, test_size=0.25, random_state=SEED, stratify=stratify
    )
    preparation = _preparation(data.features)
    learner = ESTIMATORS[estimator](random_state=SEED, **params)
    splits = {
        "train": (preparation.fit_transform(x_train), y_train),
        "val": (preparation.transform(x_test), y_test),
    }
    score = _CURVES[data.task]
    curves: dict[str, list[float]] = {}
    # More threads than this cost more than they save on so small matrices.
    with threadpool_limits(1), config_context(skip_parameter_validation=True):
        for _ in _grow(learner, *splits["train"], steps):
            for split, (x, y) in splits.items():
                name, value = score(learner, x, y)
                curves.setdefault(f"{split}_{name}", []).append(value)
    pipeline = make_pipeline(preparation, learner)
    final = _final_metrics(data.task, pipeline, x_test, y_test)
    if segment:
        final |= _recall_by_segment(pipeline, x_test, y_test, segment)
    return Trained(pipeline, curves, final, x_train.assign(**{y_train.name: y_train}))


def _preparation(features: pd.DataFrame) -> Any:
    words = features.select_dtypes(exclude=["number", "bool"]).columns
    if words.empty:
        return StandardScaler()
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(words)),
        remainder=StandardScaler(),
    )


def _grow(
    learner: Any, features: np.ndarray, target: pd.Series, steps: int
) -> Iterator[int]:
    """Train a little further each time the next step is asked for."""
    if hasattr(learner, "partial_fit"):
        known: dict[str, object] = {}
        if hasattr(learner, "predict_proba"):
            known["classes"] = np.unique(target)
        for step in range(1, steps + 1):
            learner.partial_fit(features, target, **known)
            yield step
        return
    whole = learner.n_estimators
    learner.set_params(warm_start=True)
    for step in range(1, steps + 1):
        learner.set_params(n_estimators=max(1, whole * step // steps))
        learner.fit(features, target)
        yield step
    learner.set_params(warm_start=False)


def _log_loss(
    learner: Any, features: np.ndarray, target: pd.Series
) -> tuple[str, float]:
    # scikit-learn's own checks its arguments for ten times as long as this takes.
    odds = learner.predict_proba(features)
    right = odds[np.arange(len(target)), np.searchsorted(learner.classes_, target)]
    return "log_loss", float(-np.log(right.clip(1e-15)).mean())


def _rmse(learner: Any, features: np.ndarray, target: pd.Series) -> tuple[str, float]:
    errors = learner.predict(features) - target
    return "rmse", float(np.sqrt((errors**2).mean()))


_CURVES: dict[Task, Callable[..., tuple[str, float]]] = {
    "classification": _log_loss,
    "regression": _rmse,
}


def _final_metrics(
    task: Task, pipeline: Pipeline, features: pd.DataFrame, target: pd.Series
) -> dict[str, float]:
    guess = pipeline.predict(features)
    if task == "regression":
        return {
            "rmse": float(metrics.root_mean_squared_error(target, guess)),
            "mae": float(metrics.mean_absolute_error(target, guess)),
            "median_error": float(metrics.median_absolute_error(target, guess)),
            "r2": float(metrics.r2_score(target, guess)),
        }
    average = "binary" if target.nunique() == 2 else "macro"  # noqa: PLR2004
    odds = pipeline.predict_proba(features)
    return {
        "accuracy": float(metrics.accuracy_score(target, guess)),
        "precision": float(
            metrics.precision_score(target, guess, average=average, zero_division=0)
        ),
        "recall": float(metrics.recall_score(target, guess, average=average)),
        "f1": float(metrics.f1_score(target, guess, average=average)),
        "log_loss": _log_loss(pipeline, features, target)[1],
        "roc_auc": float(
            metrics.roc_auc_score(
                target,
                odds[:, 1] if average == "binary" else odds,
                multi_class="ovr",
            )
        ),
    }


def _recall_by_segment(
    pipeline: Pipeline, features: pd.DataFrame, target: pd.Series, column: str
) -> dict[str, float]:
    """Give recall for each value of a column; NaN where nothing was to be recalled."""
    guess = pipeline.predict(features)
    values = features[column]
    return {
        f"recall.{column}.{str(value).lower()}": float(
            metrics.recall_score(
                target[values == value], guess[values == value], zero_division=np.nan
            )
        )
        for value in sorted(values.unique())
    }
