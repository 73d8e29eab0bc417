"""Columns as pictures."""

import re

from registry_ui.charts import Column, columns

STACK = [
    Column("10:00: 3 and 1", (1, 3), "10:00"),
    Column("11:00: none", (0, None)),
    Column("12:00: 1 and 0", (0, 1), "12:00"),
]


def test_each_column_says_what_it_shows() -> None:
    svg = _drawn()

    assert svg.count('<g class="column">') == 3
    assert "<title>11:00: none</title>" in svg
    assert "Calls: 4 succeeded, 1 failed" in svg
    assert ">10:00</text>" in svg


def test_stacked_bars_stand_on_each_other() -> None:
    bars = re.findall(r'bar (\w+)" .*? y="([\d.]+)%" height="([\d.]+)%"', _drawn())

    assert bars[0] == ("bad", "75.00", "25.00")
    assert bars[1] == ("ok", "0.00", "75.00")
    assert len(bars) == 3


def test_what_is_next_to_nothing_is_seen() -> None:
    svg = _drawn([Column("many", (1, 100_000))])

    assert 'height="1.20%"' in svg


def test_bars_that_do_not_stack_are_drawn_from_behind() -> None:
    svg = columns(
        [Column("a", (10, 40))],
        ("Median", "95 of 100"),
        ("s1", "s1 pale"),
        chart_id="c",
        title="Time",
        words="",
        is_stacked=False,
    )

    heights = re.findall(r'class="bar ([\w ]+)".*?height="([\d.]+)%"', svg)
    assert heights == [("s1 pale", "100.00"), ("s1", "25.00")]


def test_names_are_text() -> None:
    svg = _drawn([Column("<b>", (1, 1), "<i>")])

    assert "<b>" not in svg
    assert "<i>" not in svg


def test_an_axis_of_counts_is_marked_in_whole_numbers() -> None:
    one = _drawn([Column("", (0, 1))])
    eleven = _drawn([Column("", (0, 11))])

    assert re.findall(r'class="tick y".*?>(\d[^<]*)<', one) == ["0", "1"]
    assert re.findall(r'class="tick y".*?>(\d[^<]*)<', eleven)[-1] == "15"


def _drawn(given: list[Column] = STACK) -> str:
    return columns(
        given,
        ("Failed", "Succeeded"),
        ("bad", "ok"),
        chart_id="calls",
        title="Calls",
        words="4 succeeded, 1 failed",
        is_stacked=True,
    )
