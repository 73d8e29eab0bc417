"""Which way metrics are better, told from names that people really use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import Direction, direction_of, headline_metric

HIGHER = [
    "accuracy", "val_accuracy", "eval/accuracy_score", "roc_auc", "ROC_AUC", "valAUC",
    "f1", "f1_score", "F1Score", "weighted_f1", "r2", "r2_score", "test_r2score",
    "recall@0.9p", "precision_at_10", "top5_accuracy", "ndcg10", "prauc", "mcc",
    "training_score", "neg_mean_squared_error", "neg_log_loss", "throughput_mb_s",
    "true_positives", "log_likelihood", "rouge1/v1/mean", "explained_variance_score",
    "bias_corrected_accuracy", "reward", "recall.card_present.false",
]  # fmt: skip
LOWER = [
    "loss", "val_loss", "logloss", "log_loss", "eval/loss", "valLoss", "rmse", "RMSE",
    "root_mean_squared_error", "mean_absolute_error", "mae", "mape", "max_error",
    "error_rate", "error_score", "p95_latency_ms", "fit_time", "model_size_mb",
    "bias_gap_age", "accuracy_gap", "false_positives", "fpr", "brier_score",
    "binary_crossentropy", "training_mean_squared_error", "psi_drift", "wer",
    "score_time", "mean_squared_log_error", "peak_memory", "inference_seconds",
    "FalseNegativeRate", "false_discovery_rate", "loss.is_member.true",
]  # fmt: skip
UNKNOWN = [
    "",
    "n_samples",
    "example_count",
    "epoch",
    "alpha",
    "\u03b1",
    "42",
    "count.is_weekend.false",
    "<script>",
]


@pytest.mark.parametrize("name", HIGHER)
def test_qualities_are_better_when_higher(name: str) -> None:
    assert direction_of(name) is Direction.HIGHER


@pytest.mark.parametrize("name", LOWER)
def test_losses_are_better_when_lower(name: str) -> None:
    assert direction_of(name) is Direction.LOWER


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_name_has_no_direction(name: str) -> None:
    assert direction_of(name) is Direction.UNKNOWN


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["val_loss", "val_auc", "val_f1"], "val_auc"),
        (["train_auc", "val_loss"], "val_loss"),
        (["train_auc", "train_loss"], "train_auc"),
        (["accuracy", "val_accuracy", "test_accuracy"], "test_accuracy"),
        (["p95_latency_ms", "model_size_mb"], None),
        (["rmse", "mae", "r2"], "r2"),
        (["training_score", "rmse"], "rmse"),
        (["roc_auc_score", "auc"], "auc"),
        (["val/f1", "val_f1"], "val/f1"),
        ([], None),
    ],
)
def test_the_headline_metric_is_what_people_choose_by(
    names: list[str], expected: str | None
) -> None:
    assert headline_metric(names) == expected


@given(st.lists(st.text()))
def test_the_headline_metric_does_not_depend_on_order(
    names: list[str],
) -> None:
    assert headline_metric(names) == headline_metric(reversed(names))


def test_a_name_of_100_kilobytes_is_no_trouble() -> None:
    assert direction_of("accuracy_" * 12_000) is Direction.HIGHER
