"""The SVG that is written: well-formed, escaped, and free of styles."""

import json
import math
import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.charts import (
    Axis,
    BarGroup,
    Dot,
    Series,
    Spread,
    box,
    diverging_bar,
    grouped_bars,
    line,
    parallel,
    scatter,
    spark,
)
from registry_ui.comparison import Verdict

HOSTILE = """</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;"""
# What XML cannot hold; HTML can, and MLflow stores it.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
values = st.none() | st.floats()
lines = st.builds(
    Series,
    name=texts,
    points=st.lists(st.floats(), max_size=30).map(
        lambda ys: [(float(x), y) for x, y in enumerate(ys)]
    ),
)


def parsed(svg: str) -> ET.Element:
    """Parse what was written; `hidden` is HTML's, so it is given a value first."""
    text = re.sub(r"[\ufffe\uffff]", "", svg.replace(" hidden>", ' hidden="">'))
    return ET.fromstring(f"<div>{text}</div>")  # noqa: S314 - our own output


def attributes(root: ET.Element) -> set[str]:
    """Return the names of all attributes."""
    return {name for element in root.iter() for name in element.attrib}


@given(st.lists(lines, max_size=12), texts)
def test_any_line_chart_is_well_formed_and_has_no_style(
    series: list[Series], title: str
) -> None:
    svg = line(series, chart_id="c1", title=title)

    assert not attributes(parsed(svg)) & {"style", "onload", "onclick"}
    assert "nan" not in "".join(re.findall(r' d="([^"]*)"', svg))
    assert "inf" not in "".join(re.findall(r' d="([^"]*)"', svg))


@given(st.lists(values), texts)
def test_any_spark_is_well_formed(some: list[float | None], label: str) -> None:
    parsed(spark(some, label=label))


@given(values, st.floats(0), st.sampled_from(Verdict))
def test_any_diverging_bar_stays_in_its_half(
    delta: float | None, scale: float, verdict: Verdict
) -> None:
    bars = parsed(diverging_bar(delta, scale, verdict)).findall(".//rect")[1:]

    for bar in bars:
        left, width = (float(bar.get(name, "").rstrip("%")) for name in ("x", "width"))
        assert 0 <= left <= 50
        assert width <= 50
        assert left + width <= 100


@given(st.lists(st.tuples(texts, values, values), max_size=5))
def test_any_grouped_bars_are_well_formed_and_fit(
    rows: list[tuple[str, float | None, float | None]],
) -> None:
    groups = [BarGroup(label, [one, other]) for label, one, other in rows]

    root = parsed(grouped_bars(groups, ["v1", "v2"], chart_id="b", title="Metrics"))

    for bar in root.findall(".//rect"):
        assert 0 <= float(bar.get("width", "").rstrip("%")) <= 100


def test_names_cannot_break_out() -> None:
    charts = (
        line([Series(HOSTILE, [(0, 1), (1, 2)])], chart_id="c", title=HOSTILE)
        + grouped_bars(
            [BarGroup(HOSTILE, [1.0])], [HOSTILE], chart_id="b", title=HOSTILE
        )
        + spark([1, 2], label=HOSTILE)
    )

    assert "<img" not in charts
    assert "<script>" not in charts
    assert "</script>" not in charts
    assert 'alert(2)>"' not in charts


def test_a_line_chart_says_what_it_shows() -> None:
    svg = line(
        [
            Series("v21", [(0, 0.6), (1, 0.934)]),
            Series("v23", [(0, math.nan)]),
        ],
        chart_id="auc",
        title="val_auc by step",
    )

    assert 'role="img" aria-labelledby="auc-title"' in svg
    assert "val_auc by step: v21 ends at 0.934; v23 has no values" in svg


def test_one_line_needs_no_legend_and_may_have_a_colour_of_its_own() -> None:
    series = [Series("v1", [(0, 1), (1, 2)])]

    svg = line(series, chart_id="c", title="t", first_colour=1)

    assert "legend" not in svg
    assert 'class="series s1"' in svg
    assert "&quot;colour&quot;:1" in svg


def test_a_line_chart_carries_its_points_for_the_pointer() -> None:
    svg = line(
        [Series("<v21>", [(0, 0.5), (1, math.nan), (2, 0.7)])], chart_id="c", title="t"
    )

    found = re.search(r'data-points="([^"]*)"', svg)
    assert found is not None
    assert json.loads(unescape(found[1])) == {
        "x": [0, 2],
        "label": "step",
        "colour": 0,
        "series": [{"n": "<v21>", "p": [[0, 0.5], [2, 0.7]]}],
    }


def test_a_gap_is_drawn_as_two_pieces() -> None:
    svg = line(
        [Series("v1", [(0, 1), (1, 2), (2, math.nan), (3, 1), (4, 2)])],
        chart_id="c",
        title="t",
    )

    path = re.search(r'<path class="series s0" d="([^"]*)"', svg)
    assert path is not None
    assert path[1].count("M") == 2


@pytest.mark.parametrize("points", [[(3, 0.5)], [(0, 1), (1, 1), (2, 1)], [(7, 0)]])
def test_one_point_and_equal_values_are_drawn(
    points: list[tuple[float, float]],
) -> None:
    svg = line([Series("v1", points)], chart_id="c", title="t")

    assert '<path class="series s0" d="M' in svg
    assert '<circle class="dot s0"' in svg


@pytest.mark.parametrize("series", [[], [Series("v1", [])]])
def test_a_chart_without_values_says_so(series: list[Series]) -> None:
    assert "No values to draw." in line(series, chart_id="c", title="t")


def test_a_spark_without_values_is_nothing() -> None:
    assert spark([]) == ""
    assert spark([None, math.nan]) == ""


def test_an_unlabelled_spark_is_decoration() -> None:
    assert 'aria-hidden="true"' in spark([1, 2])
    assert 'role="img" aria-label="AUC rises"' in spark([1, 2], label="AUC rises")


def test_the_bar_grows_to_the_side_of_the_sign_and_in_the_colour_of_the_verdict() -> (
    None
):
    better = diverging_bar(-0.2, 0.4, Verdict.BETTER)

    assert '<rect class="pos" x="25.0%" width="25.0%"' in better
    assert 'class="neg"' in diverging_bar(0.2, 0.4, Verdict.WORSE)
    assert 'class="neutral"' in diverging_bar(0.2, 0.4)


def test_an_eleventh_series_takes_the_first_colour_again() -> None:
    series = [Series(f"v{n}", [(0, n), (1, n)]) for n in range(11)]

    assert line(series, chart_id="c", title="t").count('class="series s0"') == 2


def test_long_lines_are_cut_to_what_a_screen_shows() -> None:
    points = [(float(x), math.sin(x)) for x in range(10_000)]

    assert len(line([Series("v1", points)], chart_id="c", title="t")) < 60_000


def test_parallel_lines_cross_each_axis_at_its_own_scale() -> None:
    axes = [
        Axis("depth", [2.0, 4.0, 3.0]),
        Axis("a name that is far too long", [None, 0.5, 0.25]),
        Axis("auc", [0.9, 0.8, math.nan]),
    ]

    svg = parallel(axes, ["v1", "v2", "<v3>"], chart_id="p", title="What differs")

    root = parsed(svg)
    paths = [path.get("d") for path in root.findall(".//path")]
    assert paths == [
        "M0.0 0.0L500.0 0.0L1000.0 1000.0",
        "M0.0 500.0L500.0 1000.0",
    ]  # v1 has two points, but a gap between them
    texts = [text.text for text in root.findall(".//text")]
    assert texts[:3] == ["depth", "4", "2"]
    assert texts[3] == "a name that is fa…"
    assert "&lt;v3&gt;" in svg
    anchors = [text.get("data-anchor") for text in root.findall(".//text")]
    assert anchors == ["start"] * 3 + ["middle"] * 3 + ["end"] * 3


def test_an_axis_needs_two_values() -> None:
    assert Axis("depth", [1.0, 2.0]).is_drawable
    assert not Axis("depth", [1.0, 1.0, None]).is_drawable
    assert not Axis("depth", [1.0, math.inf]).is_drawable
    assert not Axis("depth", [None]).is_drawable


@given(st.lists(st.tuples(st.floats(), st.floats(), texts, st.booleans()), max_size=9))
def test_any_scatter_is_well_formed_and_stays_in_its_plot(
    dots: list[tuple[float, float, str, bool]],
) -> None:
    svg = scatter(
        [Dot(*dot) for dot in dots], chart_id="c1", x_label="eta", y_label="auc"
    )

    for circle in parsed(svg).findall(".//circle"):
        for name in ("cx", "cy"):
            assert 0 <= float(circle.get(name, "").rstrip("%")) <= 100


def test_points_of_a_scatter_say_their_numbers_and_some_their_names() -> None:
    dots = [Dot(0.1, 0.9, "v1 Production", is_named=True), Dot(0.2, 0.95, HOSTILE)]

    svg = scatter(dots, chart_id="c1", x_label="eta", y_label="auc")

    assert "auc against eta" in svg
    assert "<title>v1 Production: eta 0.1, auc 0.9</title>" in svg
    assert svg.count('class="mark-label"') == 1
    assert "<script" not in svg
    assert "<img" not in svg


def test_a_scatter_of_what_cannot_be_drawn_is_empty() -> None:
    dots = [Dot(math.nan, 1.0, "v1"), Dot(1.0, math.inf, "v2")]

    assert scatter(dots, chart_id="c1", x_label="x", y_label="y") == ""


@given(st.lists(st.floats(), max_size=30), st.lists(st.tuples(texts, st.floats())))
def test_any_box_is_well_formed_and_stays_in_its_frame(
    some: list[float], points: list[tuple[str, float]]
) -> None:
    if spread := Spread.of(some):
        picture = parsed(box(spread, points, label="spread"))
        (drawn,) = picture.findall(".//rect")
        left, width = (
            float(drawn.get(name, "").rstrip("%")) for name in ("x", "width")
        )
        assert 0 <= left <= left + width <= 100.01
        for circle in picture.findall(".//circle"):
            assert 0 <= float(circle.get("cx", "").rstrip("%")) <= 100


def test_a_spread_needs_four_numbers() -> None:
    assert Spread.of([1.0, 2.0, 3.0, math.nan, math.inf]) is None
    assert Spread.of([4.0, 1.0, 2.0, 3.0, 5.0]) == Spread(5, 1, 2, 3, 4, 5)


def test_steps_have_no_halves_below_them() -> None:
    points = [(float(step), float(step)) for step in range(1, 17)]

    svg = line([Series("auc", points)], chart_id="c1", title="auc")

    below = re.findall(r'class="tick x"[^>]*>([^<]*)<', svg)
    assert below == ["5", "10", "15"]
