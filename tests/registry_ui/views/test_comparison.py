"""The pages that lay versions side by side."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode
from pytest_django import DjangoAssertNumQueries

from registry_ui.models import Holding, Level, ModelVersion, Stage
from tests.factories import (
    grant,
    make_alias,
    make_model,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    """Return the client of somebody who may read the whole registry."""
    client.force_login(make_user(level=Level.CAN_READ))
    return client


def compare_url(*versions: ModelVersion | str, **query: str) -> str:
    """Return the address of a comparison."""
    keys = [v if isinstance(v, str) else v.compare_key for v in versions]
    return "/compare/?" + urlencode([*(("v", key) for key in keys), *query.items()])


def pair() -> tuple[ModelVersion, ModelVersion]:
    """Make two versions of churn that differ."""
    model = make_model(name="churn")
    before = make_version(
        model=model,
        stage=Stage.PRODUCTION,
        metrics={"auc": 0.9, "f1": 0.5},
        params={"depth": "6", "eta": "0.1"},
    )
    after = make_version(
        model=model,
        metrics={"auc": 0.95, "f1": 0.5},
        params={"depth": "8", "eta": "0.1"},
    )
    return before, after


def test_two_versions_are_laid_side_by_side(reader: Client) -> None:
    response = reader.get(compare_url(*pair()))

    page = response.content.decode()
    assert response.status_code == 200
    assert "<h1" in page
    assert "churn: v1 compared with v2" in page
    assert "auc 0.9 → 0.95 (+5.6 %)" in page
    assert 'class="chart" data-chart="bars"' in page


def test_only_differences_leaves_equal_rows_out(reader: Client) -> None:
    versions = pair()

    everything = reader.get(compare_url(*versions)).content.decode()
    differences = reader.get(compare_url(*versions, only="differences"))

    assert "eta</td>" in everything
    assert "eta</td>" not in differences.content.decode()
    assert "depth</td>" in differences.content.decode()


def test_another_baseline_comes_first(reader: Client) -> None:
    response = reader.get(compare_url(*pair(), base="churn/2"))

    assert "churn: v2 compared with v1" in response.content.decode()


def test_swapping_sides_is_a_link(reader: Client) -> None:
    before, after = pair()

    page = reader.get(compare_url(before, after)).content.decode()

    assert 'href="/compare/?v=churn%2F2&amp;v=churn%2F1"' in page


def test_three_versions_can_be_removed_and_made_the_baseline(reader: Client) -> None:
    before, after = pair()
    third = make_version(model=before.model)

    page = reader.get(compare_url(before, after, third)).content.decode()

    assert "churn: 3 versions compared" in page
    assert 'href="/compare/?v=churn%2F1&amp;v=churn%2F3"' in page
    assert 'href="/compare/?v=churn%2F3&amp;v=churn%2F1&amp;v=churn%2F2"' in page


def test_adding_a_version_leads_to_an_address_to_share(reader: Client) -> None:
    response = reader.get("/compare/?v=churn/1&add=churn/2&only=differences")

    assert response.status_code == 302
    assert response["Location"] == (
        "/compare/?v=churn%2F1&v=churn%2F2&only=differences"
    )


def test_names_with_spaces_and_markup_and_other_letters_are_found(
    reader: Client,
) -> None:
    before = make_version(model=make_model(name="fraud scoring ünï"))
    after = make_version(model=make_model(name="<script>alert(1)"))

    response = reader.get(compare_url(before, after))

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_without_versions_the_page_offers_a_form(reader: Client) -> None:
    pair()

    response = reader.get("/compare/")

    assert response.status_code == 200
    assert 'name="add"' in response.content.decode()
    assert '<option value="churn/2">' in response.content.decode()


def test_one_version_waits_for_another(reader: Client) -> None:
    before, _ = pair()

    response = reader.get(compare_url(before))

    assert response.status_code == 200
    assert "Compared with…" in response.content.decode()


@pytest.mark.parametrize(
    "key",
    [
        *("churn/99", "nope/1", "churn", "/", "churn/", "churn/x", "churn/-1"),
        *("churn/²", "churn/" + "9" * 30, "a\x00b/1", "<b>/1", "x" * 3000 + "/1"),
    ],
)
def test_an_unknown_version_is_named(reader: Client, key: str) -> None:
    response = reader.get(compare_url(pair()[0], key))

    page = response.content.decode()
    assert response.status_code == 404
    assert "There is none that you may read." in page
    assert "<b>" not in page.partition("No version")[2].partition("</strong>")[0]


def test_a_version_that_one_may_not_read_is_as_unknown_as_one_that_is_not_there(
    client: Client,
) -> None:
    before, _ = pair()
    secret = make_version(model=make_model(name="secret"))
    user = make_user()
    grant(user, Level.CAN_READ, before.model)
    client.force_login(user)

    hidden = client.get(compare_url(before, secret), headers={"HX-Request": "true"})
    absent = client.get(compare_url(before, "absent/1"), headers={"HX-Request": "true"})

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content.replace(b"secret", b"absent") == absent.content


def test_the_same_version_twice_is_one(reader: Client) -> None:
    before, _ = pair()

    response = reader.get(compare_url(before, before, "churn/v1"))

    assert "Compared with…" in response.content.decode()


def test_more_than_ten_versions_are_cut_and_said(reader: Client) -> None:
    model = make_model()
    versions = [make_version(model=model) for _ in range(11)]

    response = reader.get(compare_url(*versions))

    assert "Only the first ten are shown." in response.content.decode()
    assert len(response.context["columns"]) == 10


def test_a_model_made_again_is_compared_by_its_live_one(reader: Client) -> None:
    _, other = pair()
    gone = make_model(name="again", deleted_at=other.created_at)
    make_version(model=gone, metrics={"auc": 0.1})
    make_version(model=make_model(name="again"), metrics={"auc": 0.77})

    response = reader.get(compare_url("again/1", other))

    assert "0.77" in response.content.decode()


def test_htmx_gets_the_partial(reader: Client) -> None:
    response = reader.get(compare_url(*pair()), headers={"HX-Request": "true"})

    page = response.content.decode().strip()
    assert page.startswith('<div class="stack" id="comparison"')
    assert "<html" not in page


def test_the_number_of_queries_does_not_grow_with_versions(
    reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    model = make_model()
    versions = [make_version(model=model, tags={"a": "b"}) for _ in range(10)]

    with django_assert_max_num_queries(14):
        reader.get(compare_url(*versions))


def test_a_models_stages_are_laid_side_by_side(reader: Client) -> None:
    before, after = pair()
    make_version(model=before.model, stage=Stage.PRODUCTION, metrics={"auc": 0.91})
    older = make_version(model=before.model, stage=Stage.ARCHIVED)
    make_version(model=before.model, stage=Stage.ARCHIVED)
    make_alias(version=older, name="Champion")
    make_alias(version=after, name="champion")

    response = reader.get("/models/churn/compare/")

    page = response.content.decode()
    holders = response.context["holders"]
    shown = [(h.version.number, colour) for h, colour in holders if h.version]
    assert shown == [(3, 0), (2, 1), (5, 2), (4, 3)]
    assert "No version" in page  # nothing is in Staging
    assert "1 more in Production" in page
    assert "differ only in case" in page
    assert 'href="/compare/?v=churn%2F3&amp;v=churn%2F2"' in page


def test_the_stages_warn_of_what_lies_behind_and_of_what_stays_long(
    reader: Client,
) -> None:
    model = make_model(name="churn")
    make_version(model=model, stage=Stage.STAGING)
    served = make_version(model=model, stage=Stage.PRODUCTION)
    fresh = reader.get("/models/churn/compare/").content.decode()
    Holding.objects.create(
        model=model,
        version=served,
        target="stage:Production",
        started_at=timezone.now() - timedelta(days=181),
    )

    page = reader.get("/models/churn/compare/").content.decode()

    assert "Staging is behind: v1 is older than v2 in Production." in page
    assert "v2 has been in Production for 181 days." in page
    assert "has been in Production" not in fresh


def test_a_model_without_versions_says_so(reader: Client) -> None:
    make_model(name="empty")

    response = reader.get("/models/empty/compare/")

    assert response.status_code == 200
    assert "No versions" in response.content.decode()


def test_the_stages_of_a_model_that_one_may_not_read_are_not_there(
    client: Client,
) -> None:
    make_model(name="secret")
    client.force_login(make_user())

    assert client.get("/models/secret/compare/").status_code == 404


def test_the_queries_of_the_stages_do_not_grow_with_versions(
    reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    model = make_model(name="m")
    for _ in range(20):
        make_version(model=model, stage=Stage.ARCHIVED)

    with django_assert_max_num_queries(15):
        reader.get("/models/m/compare/")


@pytest.mark.parametrize("url", ["/compare/", "/models/churn/compare/"])
def test_the_pages_are_read_only(reader: Client, url: str) -> None:
    pair()

    assert reader.post(url).status_code == 405


def test_a_comparison_is_exported_for_spreadsheets_and_programs(reader: Client) -> None:
    before, after = pair()
    page = reader.get(compare_url(before, after, only="differences")).content.decode()
    query = "?v=churn%2F1&amp;v=churn%2F2&amp;only=differences"

    assert f'href="/compare/csv/{query}"' in page
    assert f'href="/api/v1/compare{query}"' in page

    export = reader.get(f"/compare/csv/{query.replace('&amp;', '&')}")

    assert export["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="comparison.csv"' in export["Content-Disposition"]
    lines = export.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "section,name,v1,v2,v2 against v1"
    assert "parameters,depth,6,8,changed" in lines
    assert not any(line.startswith("parameters,eta") for line in lines)


def test_a_comparison_of_one_version_is_no_table(reader: Client) -> None:
    before, _ = pair()

    assert reader.get("/compare/csv/?v=churn/1").status_code == 404
    assert reader.get("/compare/csv/?v=churn/1&v=churn/9").status_code == 404
    assert reader.get(f"/compare/csv/?v={before.compare_key}").status_code == 404


def test_rows_are_found_by_a_part_of_their_name(reader: Client) -> None:
    before, after = pair()

    page = reader.get(compare_url(before, after, find="DEP")).content.decode()

    assert 'value="DEP"' in page
    assert "depth" in page
    assert ">eta<" not in page
    assert ">f1</a>" not in page
    assert "auc 0.9 → 0.95 (+5.6 %)" in page  # what matters is said all the same


def test_three_versions_are_drawn_over_what_differs(reader: Client) -> None:
    before, after = pair()
    third = make_version(
        model=before.model, metrics={"auc": 0.7}, params={"depth": "9", "eta": "x"}
    )

    two = reader.get(compare_url(before, after)).content.decode()
    three = reader.get(compare_url(before, after, third)).content.decode()

    assert 'data-chart="parallel"' not in two
    chart = three.partition('data-chart="parallel"')[2].partition("</figure>")[0]
    assert [
        name for name in ("depth", "auc", "f1", "eta") if f">{name}</" in chart
    ] == [
        "depth",
        "auc",
    ]
