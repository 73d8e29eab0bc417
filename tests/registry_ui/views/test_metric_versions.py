"""A metric over the versions of a model."""

import math

import pytest
from django.test import Client

from registry_ui.models import Level, Stage
from tests.factories import make_alias, make_model, make_user, make_version
from tests.registry_ui.views.reading import browser, query_count, text

pytestmark = pytest.mark.django_db

URL = "/models/churn/metrics/val/auc/"


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def make_versions(*values: float | None) -> None:
    """Make churn, with a version for each value."""
    model = make_model(name="churn")
    for value in values:
        make_version(model=model, metrics={} if value is None else {"val/auc": value})


def test_the_trend_of_a_model_leads_there(reader: Client) -> None:
    make_versions(0.8, 0.9)

    assert f'href="{URL}"' in text(reader, "/models/churn/?sort=-metric:val/auc")


def test_what_serves_is_named_in_the_curve_and_the_table(reader: Client) -> None:
    model = make_model(name="churn")
    for number, stage in enumerate(
        (Stage.ARCHIVED, Stage.PRODUCTION, Stage.PRODUCTION, Stage.STAGING), start=1
    ):
        version = make_version(
            model=model, stage=stage, metrics={"val/auc": 0.8 + number / 100}
        )
    make_alias(version=version, name="next")

    page = text(reader, URL)

    assert page.count('class="mark-label"') == 4  # in the curve and at the box
    assert ">v3 Production</text>" in page  # the newest of two
    assert ">v4 Staging @next</text>" in page
    assert page.index(">v4</a>") < page.index(">v1</a>")
    assert "+0.01" in page


def test_the_spread_of_the_newest_is_told(reader: Client) -> None:
    make_versions(1.0, 2.0, 3.0, 4.0, 5.0)

    page = text(reader, URL)

    assert "The newest 5 with a value" in page
    for number in ("2", "4", "3"):
        assert f'<b class="number">{number}</b>' in page


def test_gaps_and_infinities_are_no_numbers(reader: Client) -> None:
    make_versions(0.5, None, math.nan, math.inf, 0.7)

    page = text(reader, URL)

    assert page.count('<path class="series') == 1
    assert "val/auc ends at 0.7" in page
    assert "∞" in page
    assert "The newest" not in page  # two numbers have no quarters


@pytest.mark.parametrize("key", ["nonsense", "a'b", '"', "%25"])
def test_a_metric_that_none_has_is_not_found(reader: Client, key: str) -> None:
    make_versions(0.5, 0.6)

    assert reader.get(f"/models/churn/metrics/{key}/").status_code == 404


def test_it_takes_the_same_queries_for_few_and_many_versions(reader: Client) -> None:
    make_versions(0.5, 0.6)
    few = query_count(reader, URL)
    model = make_model(name="many")
    for number in range(12):
        version = make_version(model=model, metrics={"val/auc": 0.5})
        make_alias(version=version, name=f"alias-{number}")

    assert query_count(reader, URL.replace("churn", "many")) == few


def test_a_metric_is_drawn_against_a_parameter(reader: Client) -> None:
    model = make_model(name="churn")
    for number, depth in enumerate(("2", "4", "deep", "8"), start=1):
        make_version(
            model=model,
            stage=Stage.PRODUCTION if number == 2 else Stage.NONE,
            metrics={"val/auc": 0.8 + number / 100},
            params={"depth": depth},
        )

    page = text(reader, f"{URL}?against=param:depth")

    assert "val/auc against depth, 3 points" in page
    assert "<title>v2 Production: depth 4, val/auc 0.82</title>" in page
    assert '<th class="numeric">depth</th>' in page
    assert ">deep</td>" in page
    assert '<option value="param:depth" selected>' in page


def test_a_metric_is_drawn_against_another(reader: Client) -> None:
    model = make_model(name="churn")
    for number in (1, 2):
        metrics = {"val/auc": 0.8 + number / 100, "ms": 10.0 * number}
        make_version(model=model, metrics=metrics)

    page = text(reader, f"{URL}?against=metric:ms")

    assert "<title>v2: ms 20, val/auc 0.82</title>" in page
    assert '<option value="metric:val/auc"' not in page  # against itself


def test_where_nothing_can_be_drawn_the_page_says_so(reader: Client) -> None:
    model = make_model(name="churn")
    make_version(model=model, metrics={"val/auc": 0.8}, params={"kind": "tree"})

    page = text(reader, f"{URL}?against=param:kind")

    assert "nothing to draw" in page
    assert ">tree</td>" in page


@pytest.mark.parametrize(
    "against", ["param:", "tag:x", "metric:a'b", "nonsense", "param:%00"]
)
def test_what_is_no_quantity_is_taken_for_none(reader: Client, against: str) -> None:
    make_versions(0.5, 0.6)

    assert 'id="metric-by-version"' in text(reader, f"{URL}?against={against}")


def test_the_box_points_out_what_serves(reader: Client) -> None:
    model = make_model(name="churn")
    for number in range(1, 6):
        make_version(
            model=model,
            stage=Stage.PRODUCTION if number == 3 else Stage.NONE,
            metrics={"val/auc": float(number)},
        )

    page = text(reader, URL)

    assert 'aria-label="Spread: v3 Production at 3"' in page
    assert "v3 Production at <b" in page
