"""Environment, data sets and lineage side by side."""

from datetime import UTC, datetime

import pytest

from registry_ui.comparison import Change, Dataset, compare
from tests.registry_ui.comparison.facts import make_facts, make_full_facts


def test_the_environment_has_a_row_for_what_any_version_knows() -> None:
    comparison = compare(
        [make_full_facts(), make_full_facts(2, python_version="3.12.1")]
    )

    assert {row.name: row.cells[1].value for row in comparison.environment} == {
        "Python": "3.12.1",
        "MLflow": "3.17.2",
        "Flavors": "python_function, sklearn",
        "Model size": "18.2 MB",
    }
    assert [row.name for row in comparison.environment if row.is_different] == [
        "Python"
    ]


def test_rows_that_nobody_fills_are_left_out() -> None:
    comparison = compare([make_facts(1), make_facts(2)])

    assert comparison.environment == ()
    assert comparison.lineage == ()


def test_the_lineage_names_run_commit_and_time() -> None:
    comparison = compare(
        [
            make_full_facts(),
            make_full_facts(
                2, run_name="", created_at=datetime(2026, 3, 2, tzinfo=UTC)
            ),
        ]
    )

    values = {row.name: row.cells[1].value for row in comparison.lineage}
    assert values["Run"] == "8f2c" * 8
    assert values["Git commit"] == "a" * 40
    assert values["Created"] == "2026-03-02 00:00 UTC"


@pytest.mark.parametrize(
    ("datasets", "is_comparable"),
    [
        ((Dataset("customers", "d1", "training"),), True),
        ((Dataset("customers", "d2", "training"),), False),
        ((Dataset("customers", "d1", "eval"),), False),
        ((Dataset("customers", "d1", "training"), Dataset("more", "m1")), False),
        ((), None),
    ],
)
def test_metrics_compare_only_on_the_same_data(
    datasets: tuple[Dataset, ...], *, is_comparable: bool | None
) -> None:
    comparison = compare([make_full_facts(), make_full_facts(2, datasets=datasets)])

    assert comparison.datasets.is_comparable == (True, is_comparable)


def test_a_changed_digest_is_a_changed_row() -> None:
    changed = make_full_facts(2, datasets=(Dataset("customers", "d2", "training"),))

    row = compare([make_full_facts(), changed]).datasets.rows[0]

    assert row.name == "customers (training)"
    assert row.cells[1].change is Change.CHANGED
