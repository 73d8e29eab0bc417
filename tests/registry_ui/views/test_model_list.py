"""The list of models: every filter, orders, addresses, pages, permissions."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry_ui.models import Level, ModelVersion, RegisteredModel, Stage
from registry_ui.views.model_rows import PAGE_SIZE
from tests.factories import (
    grant,
    make_alias,
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.views.reading import HTMX, browser, query_count, text

pytestmark = pytest.mark.django_db

HOSTILE = ["%", "_", "'", '"', "\\", "<b>", "--", ";"]


@pytest.fixture
def reader() -> Client:
    return browser(make_user(level=Level.CAN_READ))


def listed(client: Client, query: str) -> list[str]:
    """Return the names on a page of the list, in order."""
    page = text(client, f"/models/{query}")
    return re.findall(r'row-title" href="/models/[^"]+" title="([^"]+)"', page)


def make_old(name: str, *, days: int) -> RegisteredModel:
    """Make a model that was updated so many days ago."""
    model = make_model(name=name)
    model.updated_at = timezone.now() - timedelta(days=days)
    model.save(update_fields=["updated_at"])
    return model


# --- filters ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?owner=dana", ["churn"]),
        ("?owner=DANA%40", ["churn"]),
        ("?owner=rui", []),
        ("?owner=gold", []),  # a value, but of another tag
        ("?tag=tier", ["churn"]),
        ("?tag=tier=gold", ["churn"]),
        ("?tag=tier=gol", []),
        ("?tag=tier=", []),
        ("?tag=Tier", []),
        ("?tag=note", ["fraud"]),
        ("?tag=note=", ["fraud"]),
        ("?tag=data=2026%3Dold", ["fraud"]),
        ("?alias=champion", ["churn"]),
        ("?alias=CHAMPION", ["churn"]),
        ("?alias=champ", []),
        ("?alias=%25", []),
        ("?requests=open", ["fraud"]),
        ("?incident=open", ["fraud"]),
        ("?stage=Staging", ["fraud"]),
        ("?stage=Staging&tag=tier", []),
        ("?q=ch&tag=tier&owner=dana&alias=champion", ["churn"]),
    ],
)
def test_each_filter_keeps_what_it_names(
    reader: Client, query: str, found: list[str]
) -> None:
    churn = make_model(name="churn", tags={"owner": "Dana@example.com", "tier": "gold"})
    make_alias(version=make_version(model=churn), name="Champion")
    fraud = make_model(name="fraud")
    tags = {"data": "2026=old", "note": ""}
    version = make_version(model=fraud, stage=Stage.STAGING, tags=tags)
    make_transition_request(version=version)
    make_incident(version=version)
    make_transition_request(version=make_version(model=churn), status="cancelled")

    assert listed(reader, query) == found


def test_an_alias_with_an_accent_is_found_in_any_case(reader: Client) -> None:
    make_alias(version=make_version(model=make_model(name="churn")), name="Élu")

    assert listed(reader, "?alias=élU") == ["churn"]


def test_a_long_value_of_a_tag_is_told_from_one_that_begins_so(reader: Client) -> None:
    long = "x" * 100
    make_version(model=make_model(name="churn"), tags={"hash": long})
    make_version(model=make_model(name="fraud"), tags={"hash": f"{long}y"})

    assert listed(reader, f"?tag=hash={long}") == ["churn"]


def test_what_is_gone_from_mlflow_meets_no_condition(reader: Client) -> None:
    gone = timezone.now()
    make_version(
        model=make_model(name="churn"),
        tags={"tier": "gold"},
        stage=Stage.STAGING,
        deleted_at=gone,
    )
    both = make_model(name="both")
    for number, deleted_at in ((1, gone), (2, None)):
        make_version(
            model=both, number=number, tags={"size": "S"}, deleted_at=deleted_at
        )
    make_model(name="fraud", tags={"tier": "gold"}, deleted_at=gone)

    for query in ("?tag=tier", "?stage=Staging", "?q=fraud"):
        assert listed(reader, query) == []
    assert listed(reader, "?tag=size=S") == ["both"]


@pytest.mark.parametrize(
    ("days", "found"), [("7", ["new"]), ("30", ["new", "old"]), ("9", ["new", "old"])]
)
def test_the_time_of_the_last_update_is_a_filter(
    reader: Client, days: str, found: list[str]
) -> None:
    make_old("new", days=6)
    make_old("old", days=29)

    assert listed(reader, f"?since={days}") == found


@pytest.mark.parametrize("field", ["q", "owner", "alias", "tag"])
@pytest.mark.parametrize("part", HOSTILE)
def test_no_character_in_a_filter_is_special(
    reader: Client, field: str, part: str
) -> None:
    odd = make_model(name=f"m{part}1", tags={"owner": f"a{part}b", part: "x"})
    make_alias(version=make_version(model=odd), name=part)
    plain = make_model(name="plain", tags={"owner": "dana", "x": "x"})
    make_alias(version=make_version(model=plain), name="champion")

    page = reader.get("/models/", {field: part})

    rows = page.context["rows"]
    assert [row.model.name for row in rows] == [odd.name]


def test_a_condition_can_be_lifted_alone(reader: Client) -> None:
    make_model(name="churn", tags={"owner": "dana"})

    page = text(reader, "/models/?q=churn&owner=dana&sort=-name")

    assert 'href="?owner=dana&amp;sort=-name"' in page
    assert 'href="?q=churn&amp;sort=-name"' in page
    assert 'aria-label="Remove filter Owner: dana"' in page


# --- orders and pages -------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a-new", "B-old", "c-mid"]),
        ("?sort=-name", ["c-mid", "B-old", "a-new"]),
        ("?sort=-updated", ["a-new", "c-mid", "B-old"]),
        ("?sort=updated", ["B-old", "c-mid", "a-new"]),
        ("?sort=nonsense", ["a-new", "B-old", "c-mid"]),
    ],
)
def test_the_list_sorts_both_ways(
    reader: Client, query: str, expected: list[str]
) -> None:
    make_old("a-new", days=1)
    make_old("B-old", days=9)
    make_old("c-mid", days=5)

    assert listed(reader, query) == expected


def test_a_head_turns_the_order_round_and_says_what_it_is(reader: Client) -> None:
    make_model()

    page = text(reader, "/models/?sort=-updated")

    heads = re.findall(r'aria-sort="(\w+)">\s*<a href="([^"]+)"', page)
    assert heads == [("descending", "?sort=updated")]


def test_pages_are_walked_by_links_that_keep_the_filter(reader: Client) -> None:
    expected = [f"m{n:02d}" for n in range(PAGE_SIZE + 5)]
    for name in [*expected, "other"]:
        make_model(name=name)

    first = text(reader, "/models/?q=m")
    next_query = _link(first, "next")
    second = text(reader, f"/models/{next_query}")

    assert next_query == f"?q=m&after=m{PAGE_SIZE - 1:02d}"
    assert f"{PAGE_SIZE + 5} models" in first
    assert listed(reader, next_query) == expected[PAGE_SIZE:]
    assert listed(reader, _link(second, "prev")) == expected[:PAGE_SIZE]
    assert 'rel="next"' not in second


def _link(page: str, rel: str) -> str:
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_page_takes_the_same_queries_wherever_it_lies(reader: Client) -> None:
    for n in range(60):
        make_version(model=make_model(name=f"m{n:02d}"), tags={"a": "b"})

    first = query_count(reader, "/models/?tag=a")

    assert query_count(reader, "/models/?tag=a&after=m24") == first
    assert query_count(reader, "/models/?tag=a&before=m50") == first


# --- addresses --------------------------------------------------------------------


def test_a_form_without_javascript_leads_to_a_short_address(reader: Client) -> None:
    query = "q=churn&stage=&sort=&owner=&tag=team%3Drisk&alias=&since="

    response = reader.get(f"/models/?{query}")

    assert response.status_code == 302
    assert response["Location"] == "/models/?q=churn&tag=team=risk"


def test_htmx_is_told_the_short_address(reader: Client) -> None:
    response = reader.get("/models/?q=churn&stage=&sort=-name&owner=", headers=HTMX)

    assert response.status_code == 200
    assert response["HX-Push-Url"] == "/models/?q=churn&sort=-name"


def test_a_whole_page_pushes_no_address(reader: Client) -> None:
    assert "HX-Push-Url" not in reader.get("/models/?q=churn")


# --- permissions ------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    ["?q=churn", "?owner=dana", "?tag=tier", "?alias=champion", "?stage=Staging"],
)
def test_what_one_may_not_read_meets_no_condition_and_is_not_counted(
    query: str,
) -> None:
    hidden = make_model(name="churn", tags={"owner": "dana", "tier": "gold"})
    make_alias(version=make_version(model=hidden, stage=Stage.STAGING))
    user = make_user()
    grant(user, Level.CAN_READ, make_model(name="fraud"))

    page = text(browser(user), f"/models/{query}")

    assert "No model matches" in page
    assert "1 model" not in page
    assert ModelVersion.objects.exists()
