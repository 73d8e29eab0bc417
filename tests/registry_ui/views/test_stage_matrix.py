"""The stage matrix: who serves in each model, and whether Staging beats Production."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry_ui.models import Holding, Level, ModelVersion, Stage
from tests.factories import (
    make_alias,
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, browser, query_count, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def make_pair(
    name: str, served: dict[str, float], candidate: dict[str, float]
) -> tuple[ModelVersion, ModelVersion]:
    """Make a model with v1 in Production and v2 in Staging."""
    model = make_model(name=name)
    return (
        make_version(model=model, number=1, stage=Stage.PRODUCTION, metrics=served),
        make_version(model=model, number=2, stage=Stage.STAGING, metrics=candidate),
    )


def row_of(page: str, name: str) -> str:
    """Return the row of a model as HTML."""
    found = re.search(
        rf'<tr[^>]*>\s*<td[^>]*><a [^>]*title="{name}".*?</tr>', page, re.DOTALL
    )
    assert found, page
    return found[0]


def listed(client: Client, query: str = "") -> list[str]:
    page = text(client, f"/stages/{query}", headers=HTMX)
    return re.findall(r'row-title"[^>]*>([^<]*)<', page)


@pytest.mark.parametrize(
    ("served", "candidate", "heat", "change"),
    [
        ({"auc": 0.80}, {"auc": 0.88}, "better-2", "+0.0800"),
        ({"auc": 0.800}, {"auc": 0.808}, "better-1", "+0.0080"),
        ({"auc": 0.80}, {"auc": 0.72}, "worse-2", "\N{MINUS SIGN}0.0800"),
        ({"rmse": 2.0}, {"rmse": 1.0}, "better-2", "\N{MINUS SIGN}1.000"),
        ({"rmse": 1.0}, {"rmse": 2.0}, "worse-2", "+1.000"),
        ({"auc": 0.8}, {"auc": 0.8}, "", "±0"),
        ({"auc": 0.8}, {"rmse": 1.0}, "", ""),
        ({"odd": 0.8}, {"auc": 0.9}, "", "0.9000"),
        ({}, {"auc": 0.8}, "", ""),
    ],
)
def test_it_shows_where_staging_beats_production(
    served: dict[str, float],
    candidate: dict[str, float],
    heat: str,
    change: str,
    reader: Client,
) -> None:
    make_pair("churn", served, candidate)

    row = row_of(text(reader, "/stages/"), "churn")

    assert "v1</span>" in row
    assert "v2</span>" in row
    assert re.findall(r'data-heat="([^"]*)"', row) == ([heat] if heat else [])
    assert change in row
    if heat:
        assert heat.partition("-")[0] in row  # said in words, too


def test_a_row_names_holders_aliases_and_what_waits(reader: Client) -> None:
    served, candidate = make_pair("churn", {"auc": 0.8}, {"auc": 0.9})
    make_version(model=served.model, number=3, stage=Stage.PRODUCTION)
    make_alias(version=served, name="champion")
    make_transition_request(version=candidate)
    incident = make_incident(version=served)
    Holding.objects.create(
        model=served.model,
        version=candidate,
        target="stage:Staging",
        started_at=timezone.now() - timedelta(days=3),
    )

    row = row_of(text(reader, "/stages/"), "churn")

    assert "v3</span>" in row  # the newest of two
    assert "+1" in row
    assert "@champion" in row
    assert "3 days ago" in row
    assert "1 open" in row
    assert incident.get_absolute_url() in row


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["both", "neither", "production", "staging"]),
        ("?stage=both", ["both"]),
        ("?stage=Production", ["both", "production"]),
        ("?stage=Staging", ["both", "staging"]),
        ("?stage=Archived", ["neither"]),
        ("?q=o&sort=-name", ["production", "both"]),
    ],
)
def test_filters_and_order(reader: Client, query: str, found: list[str]) -> None:
    make_pair("both", {}, {})
    make_version(model=make_model(name="production"), stage=Stage.PRODUCTION)
    make_version(model=make_model(name="staging"), stage=Stage.STAGING)
    make_version(model=make_model(name="neither"), stage=Stage.ARCHIVED)

    assert listed(reader, query) == found


def test_what_one_may_not_read_is_not_in_it() -> None:
    make_pair("churn", {}, {})

    assert listed(browser(make_user())) == []


def test_names_are_plain_text(reader: Client) -> None:
    served, _ = make_pair("<i>x", {"<b>auc": 0.8}, {"<b>auc": 0.9})
    make_alias(version=served, name="<u>")

    page = text(reader, "/stages/")

    for tag in ("<i>x", "<b>auc", "@<u>"):
        assert tag not in page


def test_it_takes_the_same_queries_for_few_and_many_models(reader: Client) -> None:
    make_pair("a", {"auc": 0.8}, {"auc": 0.9})
    few = query_count(reader, "/stages/")
    for number in range(10):
        served, _ = make_pair(f"b{number}", {"auc": 0.8}, {"auc": 0.9})
        make_alias(version=served, name="champion")

    assert query_count(reader, "/stages/") == few


def test_an_empty_registry_says_what_to_do(reader: Client) -> None:
    assert "<table" not in text(reader, "/stages/")
