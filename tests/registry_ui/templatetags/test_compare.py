"""What stands in the cells of a comparison."""

import pytest

from registry_ui.comparison import (
    Change,
    MetricCell,
    MetricRow,
    ValueCell,
    VersionFacts,
    compare,
)
from registry_ui.templatetags.compare import (
    LONGEST_LENGTH,
    cell_text,
    change_bar,
    delta,
    folded,
    sign,
)


def metric(before: float, after: float, name: str = "auc") -> MetricCell:
    """Compare one metric of two versions."""
    versions = [
        VersionFacts(model_name="churn", number=n, metrics={name: value})
        for n, value in enumerate((before, after))
    ]
    row: MetricRow = compare(versions).metrics[0]
    return row.cells[1]


def test_markup_in_values_is_text() -> None:
    assert folded("<b>") == "&lt;b&gt;"
    assert "<b>" not in folded("<b>" * 5000)


def test_a_long_value_is_folded_and_its_rest_counted() -> None:
    text = folded("x" * (LONGEST_LENGTH + 1234))

    assert text.startswith("<details><summary>")
    assert "1,234 characters more" in text


def test_an_absent_value_is_told_from_an_empty_and_an_unread_one() -> None:
    cells = (
        ValueCell(None, Change.REMOVED),
        ValueCell("", Change.CHANGED),
        ValueCell(None, Change.UNKNOWN),
    )

    texts = [cell_text(cell) for cell in cells]

    assert [text.split(">")[1].split("<")[0] for text in texts] == [
        "\u2014",
        "empty",
        "not read",
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [(Change.ADDED, "added"), (Change.REMOVED, "removed"), (Change.CHANGED, "changed")],
)
def test_a_sign_has_a_word_for_those_who_do_not_see_it(
    change: Change, word: str
) -> None:
    assert word in sign(change)
    assert sign(Change.SAME) == ""


def test_a_change_says_what_it_means() -> None:
    assert 'data-verdict="better"' in delta(metric(0.9, 0.95))
    assert 'aria-label="worse"' in delta(metric(0.95, 0.9))
    assert "data-verdict" not in delta(metric(1, 2, name="alpha"))
    assert ">same<" in delta(metric(1, 1))
    assert delta(metric(1, float("nan"))) == ""


def test_a_bar_shows_the_root_of_the_relative_change() -> None:
    assert 'class="pos" x="50.0%" width="25.0%"' in change_bar(metric(1, 1.25))
    assert 'class="neg" x="0.0%" width="50.0%"' in change_bar(metric(0, -1))
    assert change_bar(metric(1, 1)).count("<rect") == 1


@pytest.mark.parametrize(
    ("name", "after", "left_edge"),
    [
        ("auc", 1.0, "50.0%"),
        ("auc", 0.0, "0.0%"),
        ("log_loss", 0.0, "50.0%"),
        ("log_loss", 1.0, "0.0%"),
        ("alpha", 1.0, "50.0%"),
        ("alpha", 0.0, "0.0%"),
    ],
)
def test_the_bar_of_what_is_better_points_to_the_right(
    name: str, after: float, left_edge: str
) -> None:
    bar = change_bar(metric(0.5, after, name))

    assert f'x="{left_edge}"' in bar
