"""The list of models and a model's page."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from registry_ui.models import (
    Level,
    ModelVersion,
    Stage,
)
from tests.factories import (
    grant,
    make_alias,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, query_count, text

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)<"
DELETED = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def reader() -> User:
    """Return somebody who may read the whole registry."""
    return make_user(username="dana", full_name="Dana Okafor", level=Level.CAN_READ)


@pytest.fixture
def browser_of_reader(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


@pytest.fixture
def browser_of_stranger(client: Client) -> Client:
    client.force_login(make_user())
    return client


def churn(**evidence: Any) -> ModelVersion:
    """Make the model churn with one version in Production."""
    model = make_model(name="churn", description="Who cancels?\nTrained weekly.")
    return make_version(
        model=model, stage=Stage.PRODUCTION, metrics={"val_auc": 0.94}, **evidence
    )


@pytest.mark.parametrize("address", ["/", "/models/", "/models/churn/"])
def test_what_one_may_do_is_asked_for_once(address: str) -> None:
    model = churn().model
    owner, reader = make_user(is_superuser=True), make_user()
    grant(reader, Level.CAN_EDIT, model)
    counts = []
    for user in (owner, reader):
        browser = Client()
        browser.force_login(user)
        browser.get(address)  # queries that are compiled once
        counts.append(query_count(browser, address))

    asked_of_owner, asked_of_reader = counts
    assert asked_of_reader <= asked_of_owner + 1


# --- the list ---------------------------------------------------------------------


def test_the_list_names_holders_aliases_metric_and_open_requests(
    browser_of_reader: Client,
) -> None:
    version = churn()
    make_alias(version=version, name="champion")
    make_transition_request(version=make_version(model=version.model))

    page = text(browser_of_reader, "/models/")

    for words in ("churn", "v1", "@champion", "val_auc", "0.9400", "1 open"):
        assert words in page


def test_the_list_finds_a_part_of_a_name_in_any_case(browser_of_reader: Client) -> None:
    churn()
    make_model(name="fraud")

    page = text(browser_of_reader, "/models/?q=HUR")

    assert "churn" in page
    assert "fraud" not in page


def test_wildcards_in_a_search_are_plain_characters(browser_of_reader: Client) -> None:
    churn()

    assert "No model matches" in text(browser_of_reader, "/models/?q=%25")


def test_the_list_keeps_models_with_a_version_in_the_stage(
    browser_of_reader: Client,
) -> None:
    churn()
    make_version(model=make_model(name="fraud"), stage=Stage.STAGING)

    page = text(browser_of_reader, "/models/?stage=Staging")

    assert "fraud" in page
    assert "/models/churn/" not in page


@pytest.mark.parametrize(
    "query",
    [
        "stage=Nowhere",
        "sort=x",
        "after=%00",
        "before=zzz&sort=updated",
        "q=%00",
        "since=8",
    ],
)
def test_nonsense_in_the_query_is_ignored(
    browser_of_reader: Client, query: str
) -> None:
    churn()

    assert "churn" in text(browser_of_reader, f"/models/?{query}")


def test_live_search_gets_the_table_alone(browser_of_reader: Client) -> None:
    churn()

    response = browser_of_reader.get("/models/?q=churn", headers=HTMX)

    assert response.content.decode().lstrip().startswith('<div id="models"')
    assert "HX-Request" in response["Vary"]


def test_the_list_takes_the_same_queries_for_few_and_many_models(
    browser_of_reader: Client,
) -> None:
    def make_full_model() -> None:
        model = make_model()
        for stage in Stage:
            make_alias(version=make_version(model=model, stage=stage), name=stage)
        make_transition_request(version=model.versions.first())

    make_full_model()
    few = query_count(browser_of_reader, "/models/")
    for _ in range(24):
        make_full_model()

    assert query_count(browser_of_reader, "/models/") == few


def test_a_stranger_sees_no_model_and_no_count(browser_of_stranger: Client) -> None:
    churn()

    page = text(browser_of_stranger, "/models/?q=churn")

    assert "/models/churn/" not in page
    assert "of 1 models" not in page


def test_a_stranger_is_told_whom_to_ask(browser_of_stranger: Client) -> None:
    churn()

    assert "You may not read any model yet" in text(browser_of_stranger, "/models/")


def test_a_level_on_one_model_shows_that_model_alone(client: Client) -> None:
    churn()
    fraud, user = make_model(name="fraud"), make_user()
    grant(user, Level.CAN_READ, fraud)
    client.force_login(user)

    page = text(client, "/models/")

    assert "/models/fraud/" in page
    assert "/models/churn/" not in page


def test_an_empty_registry_says_where_models_come_from(
    browser_of_reader: Client, settings: Settings
) -> None:
    settings.MLFLOW_TRACKING_URI = "https://me:secret@mlflow.example.com"

    page = text(browser_of_reader, "/models/")

    assert "https://mlflow.example.com" in page
    assert "secret" not in page


# --- a model ----------------------------------------------------------------------


def test_a_model_shows_its_board_versions_and_requests(
    browser_of_reader: Client,
) -> None:
    model = churn().model
    candidate = make_version(
        model=model, stage=Stage.STAGING, metrics={"val_auc": 0.95}
    )
    ask = make_transition_request(version=candidate)

    page = text(browser_of_reader, "/models/churn/")

    for words in ("Who cancels?", "v2", "0.9500", "+0.0100", "asked for Production"):
        assert words in page
    assert ask.get_absolute_url() in page
    assert "/models/churn/versions/2/request/" in page


def test_a_worse_metric_is_marked_as_worse(browser_of_reader: Client) -> None:
    make_version(model=churn().model, metrics={"val_auc": 0.9})

    page = text(browser_of_reader, "/models/churn/")

    assert 'data-verdict="worse"' in page
    assert "\N{MINUS SIGN}0.0400" in page


def test_a_column_shows_few_tiles_and_counts_the_rest(
    browser_of_reader: Client,
) -> None:
    model = make_model(name="churn")
    for _ in range(9):
        make_version(model=model, stage=Stage.ARCHIVED)

    page = text(browser_of_reader, "/models/churn/")

    assert "4 more…" in page
    assert "?stage=Archived#versions" in page


def test_the_stage_filter_gets_the_table_alone(browser_of_reader: Client) -> None:
    make_version(model=churn().model, stage=Stage.ARCHIVED)

    page = text(browser_of_reader, "/models/churn/?stage=Archived", headers=HTMX)

    assert page.lstrip().startswith('<div class="versions" id="versions"')
    assert "Select version 2" in page
    assert "Select version 1" not in page


def test_a_model_takes_the_same_queries_for_few_and_many_versions(
    browser_of_reader: Client,
) -> None:
    model = make_model(name="churn")

    def make_full_version(number: int) -> None:
        version = make_version(model=model, stage=list(Stage)[number % 4])
        make_alias(version=version, name=f"a{number}")
        make_transition_request(version=version)

    make_full_version(0)
    few = query_count(browser_of_reader, "/models/churn/")
    for number in range(1, 30):
        make_full_version(number)

    assert query_count(browser_of_reader, "/models/churn/") == few


def test_a_deleted_model_is_still_shown_with_a_notice(
    browser_of_reader: Client,
) -> None:
    make_version(model=make_model(name="churn", deleted_at=DELETED))

    page = text(browser_of_reader, "/models/churn/")

    assert "was deleted in MLflow" in page
    assert "/request/" not in page


def test_of_several_lives_the_live_one_is_shown(browser_of_reader: Client) -> None:
    make_model(name="churn", description="the old one", deleted_at=DELETED)
    make_model(name="churn", description="the new one")

    page = text(browser_of_reader, "/models/churn/")

    assert "the new one" in page
    assert "the old one" not in page


def test_names_and_descriptions_are_plain_text(browser_of_reader: Client) -> None:
    model = make_model(
        name=HOSTILE, description="<img src=x>", tags={"<b>": '"><script>'}
    )
    version = make_version(
        model=model, description="<i>x</i>", params={"<u>": "<script>"}
    )
    make_alias(version=version, name="<em>")

    for url in (
        "/models/",
        model.get_absolute_url(),
        version.get_absolute_url(),
    ):
        page = text(browser_of_reader, url)
        for markup in ("<script>alert", "<img", "<b>:", "<i>", "<u>", "<em>"):
            assert markup not in page.replace('<img class="brand-mark"', "")


@pytest.mark.parametrize(
    "url",
    ["/models/churn/", "/models/churn/versions/1/", "/models/nope/", "/models/%00/"],
)
def test_what_a_stranger_may_not_read_is_not_there(
    browser_of_stranger: Client, url: str
) -> None:
    churn()

    text(browser_of_stranger, url, status=404)
