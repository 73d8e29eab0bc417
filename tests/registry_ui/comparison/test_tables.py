"""A comparison as a flat table, which no spreadsheet may take for formulas."""

import csv
import io
import math

import pytest

from registry_ui.comparison import Direction, MetricChoices, compare, table
from registry_ui.comparison.tables import inert
from tests.registry_ui.comparison.facts import make_facts


def test_each_section_has_its_rows() -> None:
    before = make_facts(
        5,
        metrics={"auc": 0.5, "n": 100.0, "odd": math.nan},
        params={"depth": "6"},
        requirements=("numpy==1.0",),
    )
    after = make_facts(
        7, metrics={"auc": 0.75, "n": 120.0, "odd": 1.0}, params={"eta": "0.1"}
    )

    head, *rows = table(compare([before, after]))

    assert head == ["section", "name", "v5", "v7", "v7 against v5"]
    assert {len(row) for row in rows} == {5}
    found = {(row[0], row[1]): row[2:] for row in rows}
    assert found["metrics", "auc"] == ["0.5", "0.75", "0.25"]
    assert found["metrics", "n"] == ["100", "120", "20"]
    assert found["metrics", "odd"] == ["nan", "1", ""]
    assert found["parameters", "depth"] == ["6", "", "removed"]
    assert found["parameters", "eta"] == ["", "0.1", "added"]
    assert found["requirements", "numpy"] == ["1.0", "", "removed"]


def test_several_versions_have_a_difference_each_but_the_baseline() -> None:
    facts = [make_facts(number, metrics={"auc": number / 8}) for number in (4, 5, 6)]

    head, row, *_ = table(compare(facts, baseline=1))

    assert head[2:] == ["v4", "v5", "v6", "v4 against v5", "v6 against v5"]
    assert row[2:] == ["0.5", "0.625", "0.75", "-0.125", "0.125"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "=HYPERLINK(0)",
    ],
)
def test_formulas_become_text(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.5", "+3", "-1e-5", "", "6", "a=b", "-inf", "x-1"])
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_hostile_names_and_values_are_inert_wherever_they_stand() -> None:
    evil = "=cmd|'/C calc'!A1"
    facts = [
        make_facts(
            number,
            metrics={evil: float(number)},
            params={evil: f"{evil}{number}"},
            tags={evil: f"{evil}{number}"},
            requirements=(f"numpy=={number}",),
        )
        for number in (1, 2)
    ]
    out = io.StringIO()
    csv.writer(out).writerows(table(compare(facts)))

    cells = [cell for row in csv.reader(io.StringIO(out.getvalue())) for cell in row]

    assert any(evil in cell for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)


def test_what_people_chose_decides_and_leads() -> None:
    choices = MetricChoices("odd", {"odd": Direction.LOWER, "auc": Direction.UNKNOWN})
    facts = [
        make_facts(n, choices=choices, metrics={"odd": float(n), "auc": n / 10})
        for n in (1, 2)
    ]

    comparison = compare(facts)

    auc, odd = comparison.metrics
    assert comparison.headline == "odd"
    assert (odd.cells[1].verdict, odd.is_chosen) == ("worse", True)
    assert auc.cells[1].verdict == "unknown"
    assert comparison.summary[0].text.startswith("odd 1 → 2")


def test_a_headline_that_a_version_lacks_leaves_it_to_the_rule() -> None:
    choices = MetricChoices("gone")

    assert choices.headline_of(["auc", "alpha"]) == "auc"
    assert choices.headline_of(["alpha"]) is None
