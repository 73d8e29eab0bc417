"""The differences that matter, in words."""

import math
from typing import Any

from registry_ui.comparison import Dataset, Statement, Tone, Verdict, compare
from tests.registry_ui.comparison.facts import make_facts, make_full_facts


def summary(**changes: Any) -> list[tuple[Tone, str]]:
    """Summarise a full version against one with some fields changed."""
    comparison = compare([make_full_facts(1), make_full_facts(2, **changes)])
    return [(one.tone, one.text) for one in comparison.summary]


def test_the_headline_metric_comes_first() -> None:
    said = compare(
        [
            make_full_facts(),
            make_full_facts(2, metrics={"val_auc": 0.9, "val_loss": 9.0}),
        ]
    ).summary

    assert said[0] == Statement(
        Tone.HEADLINE, "metrics", "val_auc 0.934 → 0.9 (\u22123.6 %)", 1, Verdict.WORSE
    )
    assert [one.tone for one in said] == [Tone.HEADLINE, Tone.BAD, Tone.CAUTION]


def test_the_largest_changes_are_named_and_the_others_counted() -> None:
    before = {f"loss_{n}": 1.0 for n in range(6)} | {"accuracy": 1.0}
    after = {f"loss_{n}": 1.0 + n for n in range(6)} | {"accuracy": 1.0}

    said = compare(
        [make_facts(1, metrics=before), make_facts(2, metrics=after)]
    ).summary

    assert [one.text for one in said if one.tone is Tone.BAD] == [
        "loss_5 1 → 6 (+500 %)",
        "loss_4 1 → 5 (+400 %)",
        "loss_3 1 → 4 (+300 %)",
        "2 more metrics are worse",
    ]


def test_a_metric_that_is_lost_is_a_caution_rather_than_silence() -> None:
    said = summary(metrics={"val_auc": math.nan, "val_loss": math.nan})

    assert (Tone.HEADLINE, "val_auc 0.934 → NaN") in said
    assert (Tone.CAUTION, "val_loss is NaN") in said
    assert (Tone.CAUTION, "latency_ms is missing") in said


def test_a_breaking_signature_is_bad() -> None:
    said = summary(signature={"inputs": [{"type": "long", "name": "new"}]})

    assert said[1][0] is Tone.BAD
    assert said[1][1].startswith(
        "The signature breaks callers: input new: added, required"
    )
    assert "tenure" not in said[1][1]  # was removed, which breaks nobody


def test_other_data_make_metrics_doubtful() -> None:
    said = summary(datasets=(Dataset("customers", "d2", "training"),))

    assert (Tone.CAUTION, "Data sets differ, so metrics may not compare") in said


def test_major_changes_and_downgrades_of_dependencies_are_cautions() -> None:
    said = summary(requirements=("mlflow==4.0.0", "scikit-learn==1.4.0", "polars==1.0"))

    assert said[1:] == [
        (Tone.CAUTION, "New major version of mlflow 4.0.0"),
        (Tone.CAUTION, "Older version of scikit-learn 1.4.0"),
        (Tone.NEUTRAL, "New dependency: polars"),
        (Tone.NEUTRAL, "No longer needed: numpy"),
    ]


def test_a_new_python_is_a_caution_but_a_patch_of_it_is_not_worth_a_word() -> None:
    caution = (Tone.CAUTION, "Python 3.11.7 → 3.12.0")

    assert caution in summary(python_version="3.12.0")
    assert len(summary(python_version="3.11.9")) == 1


def test_changed_parameters_are_counted_and_named() -> None:
    said = summary(params={"max_depth": "8", "subsample": "1"})

    assert said[1:] == [
        (Tone.NEUTRAL, "3 parameters differ: learning_rate, max_depth, subsample")
    ]


def test_what_could_not_be_read_is_said() -> None:
    said = summary(evidence_errors=("MLmodel: MLflow answered 500",))

    assert said[1:] == [(Tone.CAUTION, "churn v2: MLmodel: MLflow answered 500")]


def test_names_without_end_are_cut() -> None:
    said = summary(params={"p" * 100_000: "1"})

    assert all(len(text) < 1000 for _, text in said)
