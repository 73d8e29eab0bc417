"""The table of a model's versions: filters, orders, columns, pages, the trend."""

import math
import re

import pytest
from django.test import Client
from django.utils import timezone

from registry_ui import keyset
from registry_ui.models import Evidence, Level, ModelVersion, Stage
from registry_ui.views.version_table import MOST_CHOICES, PAGE_SIZE
from tests.factories import make_alias, make_model, make_user, make_version
from tests.registry_ui.views.reading import HTMX, browser, query_count, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def table(client: Client, query: str) -> str:
    """Return the versions' part of churn's page, as htmx gets it."""
    return text(client, f"/models/churn/{query}", headers=HTMX)


def numbers(client: Client, query: str) -> list[int]:
    """Return the numbers of the versions that are shown, in order."""
    found = re.findall(r"Select version (\d+)", table(client, query))
    return [int(number) for number in found]


def make_versions() -> list[ModelVersion]:
    """Make churn with four versions that differ in everything."""
    model = make_model(name="churn")
    first = make_version(
        model=model,
        stage=Stage.PRODUCTION,
        metrics={"auc": 0.7},
        description="100% retrained",
    )
    Evidence.objects.filter(version=first).update(run_user="Dana")
    second = make_version(model=model, metrics={"auc": math.nan}, tags={"team": "risk"})
    third = make_version(model=model, metrics={"auc": math.inf}, stage=Stage.STAGING)
    make_alias(version=third, name="Champion")
    fourth = make_version(model=model, metrics={"loss": 0.2}, params={"depth": "8"})
    return [first, second, third, fourth]


# --- filters and orders -----------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 3, 2, 1]),
        ("?q=RETRAINED", [1]),
        ("?q=dana", [1]),
        ("?q=risk", [2]),
        ("?q=TEAM", [2]),
        ("?q=%25", [1]),
        ("?q=_", []),
        ("?q=depth", []),
        ("?alias=champion", [3]),
        ("?alias=champ", []),
        ("?stage=Staging", [3]),
        ("?stage=None", [4, 2]),
        ("?stage=Staging&q=risk", []),
    ],
)
def test_each_filter_keeps_what_it_names(
    reader: Client, query: str, found: list[int]
) -> None:
    make_versions()

    assert numbers(reader, query) == found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort=number", [1, 2, 3, 4]),
        ("?sort=metric:auc", [1, 3, 4, 2]),
        ("?sort=-metric:auc", [3, 1, 4, 2]),
        ("?sort=metric:nothing", [4, 3, 2, 1]),
        ('?sort=metric:a"b', [4, 3, 2, 1]),
        ("?sort=param:depth", [4, 3, 2, 1]),
        ("?sort=%00", [4, 3, 2, 1]),
    ],
)
def test_the_table_sorts_by_number_and_metric_with_no_value_last(
    reader: Client, query: str, expected: list[int]
) -> None:
    make_versions()

    assert numbers(reader, query) == expected


def test_a_deleted_version_is_not_listed(reader: Client) -> None:
    last = make_versions()[-1]
    last.deleted_at = timezone.now()
    last.save(update_fields=["deleted_at"])

    assert numbers(reader, "") == [3, 2, 1]


def test_a_text_of_another_model_is_not_found(reader: Client) -> None:
    make_versions()
    other = make_version(model=make_model(name="fraud"), tags={"secret": "yes"})
    make_alias(version=other, name="rival")

    assert numbers(reader, "?q=secret") == []
    assert numbers(reader, "?alias=rival") == []


def test_no_match_says_so_and_offers_all(reader: Client) -> None:
    make_versions()

    page = table(reader, "?q=nothing-like-it")

    assert "No version matches" in page
    assert 'href="/models/churn/"' in page


# --- columns ----------------------------------------------------------------------


def test_columns_of_ones_own_show_metrics_parameters_and_tags(reader: Client) -> None:
    make_versions()

    page = table(reader, "?col=metric:loss&col=param:depth&col=tag:team")

    assert re.findall(r'sort-label" title="([^"]+)"', page) == [
        "Version",
        "auc",
        "loss",
    ]
    for words in ("depth</span>", "team</span>", "0.2000", ">8<", ">risk<", "NaN", "∞"):
        assert words in page


def test_the_metric_that_decides_the_order_is_always_shown(reader: Client) -> None:
    make_versions()

    page = table(reader, "?sort=-metric:loss")

    heads = re.findall(r'aria-sort="(\w+)">\s*<a href="([^"]+)"', page)
    assert heads == [("descending", "?sort=metric:loss#versions")]


def test_a_first_click_on_a_loss_shows_the_lowest(reader: Client) -> None:
    make_versions()

    page = table(reader, "?col=metric:loss")

    assert 'href="?sort=metric:loss&amp;col=metric:loss#versions"' in page


def test_the_chooser_offers_what_the_newest_versions_have(reader: Client) -> None:
    make_versions()

    page = text(reader, "/models/churn/?col=tag:gone")

    for column in ("metric:auc", "metric:loss", "param:depth", "tag:team"):
        assert f'name="col" value="{column}">' in page
    assert 'name="col" value="tag:gone" checked>' in page


def test_a_chooser_of_very_many_columns_is_cut(reader: Client) -> None:
    metrics = {f"m{n:03d}": 1.0 for n in range(MOST_CHOICES + 20)}
    make_version(model=make_model(name="churn"), metrics=metrics)

    page = text(reader, "/models/churn/")

    assert page.count('name="col"') == MOST_CHOICES
    assert "and 20 more" in page


@pytest.mark.parametrize("col", ["nonsense", "metric:", "sql:x", "tag:%00", ""])
def test_a_column_that_is_none_is_left_out(reader: Client, col: str) -> None:
    make_versions()

    page = table(reader, f"?col={col}")

    assert re.findall(r'sort-label" title="([^"]+)"', page) == ["Version", "auc"]


def test_names_and_values_in_columns_are_plain_text(reader: Client) -> None:
    make_version(
        model=make_model(name="churn"),
        metrics={"<i>": 1.0},
        params={"<b>": "<script>alert(1)"},
        tags={"<u>": "<img src=x>"},
    )

    page = text(reader, "/models/churn/?col=metric:<i>&col=param:<b>&col=tag:<u>")

    for markup in ("<i>", "<b>:", "<u>", "<script>alert", "<img src=x"):
        assert markup not in page


# --- pages and addresses ----------------------------------------------------------


def test_pages_keep_columns_and_order(reader: Client) -> None:
    model = make_model(name="churn")
    for n in range(PAGE_SIZE + 2):
        make_version(model=model, metrics={"auc": float(n)}, params={"depth": "8"})

    page = table(reader, "?sort=metric:auc&col=param:depth")

    assert (
        f'href="?sort=metric:auc&amp;col=param:depth&amp;after={PAGE_SIZE}#versions"'
        in page
    )
    last = numbers(reader, f"?sort=metric:auc&after={PAGE_SIZE}")
    assert last == [PAGE_SIZE + 1, PAGE_SIZE + 2]


def test_a_form_without_javascript_leads_to_a_short_address(reader: Client) -> None:
    make_versions()

    response = reader.get("/models/churn/?q=&alias=&stage=&sort=&col=metric:auc")

    assert response.status_code == 302
    assert response["Location"] == "/models/churn/?col=metric:auc#versions"


def test_the_form_finds_stage_and_order_in_the_part_that_swaps(reader: Client) -> None:
    make_versions()

    page = table(reader, "?stage=Staging&sort=number")

    assert 'name="stage" value="Staging" form="versions-form"' in page
    assert 'name="sort" value="number" form="versions-form"' in page


def test_the_page_takes_the_same_queries_for_few_and_many_versions(
    reader: Client,
) -> None:
    model = make_model(name="churn")
    url = (
        "/models/churn/?q=risk&sort=metric:auc"
        "&col=metric:loss&col=param:depth&col=tag:team"
    )

    def make_full_version(n: int) -> None:
        version = make_version(
            model=model,
            stage=list(Stage)[n % 4],
            metrics={"auc": n, "loss": 1.0},
            params={"depth": "8"},
            tags={"team": "risk"},
        )
        make_alias(version=version, name=f"a{n}")

    for n in range(2):
        make_full_version(n)
    few = query_count(reader, url)
    for n in range(2, 40):
        make_full_version(n)

    assert query_count(reader, url) == few
    assert query_count(reader, f"{url}&after=20") <= few + 1  # the edge's own metric


# --- the trend --------------------------------------------------------------------


def test_the_trend_is_said_in_words_too(reader: Client) -> None:
    make_versions()
    for value in (0.9, 0.8):
        make_version(
            model=ModelVersion.objects.latest("pk").model, metrics={"auc": value}
        )

    page = table(reader, "")

    assert (
        "over the newest 6 versions: 0.7 in v1, 0.8 in v6; lowest 0.7, highest ∞"
        in page
    )
    assert 'class="spark"' in page


def test_one_value_is_no_trend(reader: Client) -> None:
    make_version(model=make_model(name="churn"), metrics={"auc": 0.7})

    assert 'class="trend"' not in table(reader, "")


def test_a_table_too_long_to_count_tells_what_the_board_has_counted(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(name="churn")
    for number in range(1, 5):
        make_version(
            model=model, number=number, stage=Stage.STAGING, description="described"
        )
    monkeypatch.setattr(keyset, "COUNTED", 2)

    assert "More than" not in table(reader, "")
    assert ">4 versions<" in table(reader, "?stage=Staging")
    assert ">More than 2 versions<" in table(reader, "?q=described")
