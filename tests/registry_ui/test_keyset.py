"""Pages cut by keys: each row once, whatever comes and goes meanwhile."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_ui.keyset import COUNTED, Edges, KeysetPage, page_of
from registry_ui.models import ModelVersion, RegisteredModel
from registry_ui.views.model_search import model_order
from registry_ui.views.version_table import version_order
from tests.factories import make_model, make_version

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MODEL_SORTS = ["", "-name", "updated", "-updated"]
VERSION_SORTS = ["", "number", "metric:auc", "-metric:auc"]
NAMES = st.sets(
    st.text("abABéÉ/%_ 0:'\"\\", min_size=1, max_size=4), min_size=1, max_size=12
)
METRIC = st.one_of(
    st.none(), st.sampled_from([math.nan, math.inf, -math.inf, 0.1 + 0.2, 0.0, 1e300])
)


def model_page(
    sort: str, *, after: str = "", before: str = "", size: int = 3
) -> KeysetPage[RegisteredModel]:
    models = RegisteredModel.objects.all()
    return page_of(
        models, models.in_bulk, model_order(sort), Edges(after, before), size=size
    )


def version_page(
    model: RegisteredModel,
    sort: str,
    *,
    after: str = "",
    before: str = "",
    size: int = 3,
) -> KeysetPage[ModelVersion]:
    return page_of(
        ModelVersion.objects.filter(model=model),
        ModelVersion.objects.in_bulk,
        version_order(model, sort),
        Edges(after, before),
        size=size,
    )


def names(page: KeysetPage[RegisteredModel]) -> list[str]:
    return [model.name for model in page.rows]


@pytest.mark.parametrize("sort", MODEL_SORTS)
@settings(max_examples=15)
@given(wanted=NAMES, size=st.integers(1, 4), data=st.data())
def test_all_pages_of_models_hold_each_once_in_both_directions(
    sort: str, wanted: set[str], size: int, data: st.DataObject
) -> None:
    RegisteredModel.objects.all().delete()
    for name in wanted:
        model = make_model(name=name)
        # Few different times, so that names have to decide.
        model.updated_at = NOW + timedelta(days=data.draw(st.integers(0, 2)))
        model.save(update_fields=["updated_at"])

    page = model_page(sort, size=size)
    there = [names(page)]
    while page.after:
        page = model_page(sort, after=page.after, size=size)
        there.append(names(page))
    back = [names(page)]
    while page.before:
        page = model_page(sort, before=page.before, size=size)
        back.insert(0, names(page))

    walked = [name for part in there for name in part]
    assert sorted(walked) == sorted(wanted)
    assert back == there


@pytest.mark.parametrize("sort", VERSION_SORTS)
@settings(max_examples=15)
@given(metrics=st.lists(METRIC, min_size=1, max_size=12), size=st.integers(1, 4))
def test_all_pages_of_versions_hold_each_once_and_what_has_no_value_last(
    sort: str, metrics: list[float | None], size: int
) -> None:
    model = make_model()
    for value in metrics:
        make_version(model=model, metrics={} if value is None else {"auc": value})

    page = version_page(model, sort, size=size)
    walked = [version.number for version in page.rows]
    while page.after:
        page = version_page(model, sort, after=page.after, size=size)
        walked += [version.number for version in page.rows]

    assert walked == _expected(sort, metrics)


def _expected(sort: str, metrics: Iterable[float | None]) -> list[int]:
    numbered = dict(enumerate(metrics, start=1))
    if not sort.endswith(":auc"):
        return sorted(numbered, reverse=not sort)
    sign = -1 if sort.startswith("-") else 1

    def place(number: int) -> tuple[bool, float, int]:
        value = numbered[number]
        is_missing = value is None or math.isnan(value)
        return is_missing, 0.0 if is_missing else sign * (value or 0.0), -number

    return sorted(numbered, key=place)


def test_what_is_added_before_the_page_neither_repeats_nor_hides_a_row() -> None:
    for name in "bdfhjl":
        make_model(name=name)
    first = model_page("")

    for name in ("a", "c", "k"):
        make_model(name=name)
    second = model_page("", after=first.after)
    back = model_page("", before=second.before)

    assert names(first) == ["b", "d", "f"]
    assert names(second) == ["h", "j", "k"]
    assert names(back) == ["c", "d", "f"]


def test_a_page_back_that_would_not_be_full_is_the_first_one() -> None:
    for name in "abcd":
        make_model(name=name)

    assert names(model_page("", before="b")) == ["a", "b", "c"]


def test_the_edge_may_be_gone_since() -> None:
    for name in "abcdef":
        make_model(name=name)
    page = model_page("")
    RegisteredModel.objects.filter(name="c").delete()

    assert names(model_page("", after=page.after)) == ["d", "e", "f"]


@pytest.mark.parametrize("sort", MODEL_SORTS)
@pytest.mark.parametrize(
    "edge",
    [
        "\x00",
        "zzz",
        "2026-01-01",
        "2026-99-01T00:00:00Z/a",
        "0001-01-01T00:00:00+14:00/a",
        "9999-12-31T23:59:59-14:00/a",
        "2026-01-01T00:00:00Z/\x00",
    ],
)
def test_an_edge_that_is_none_leads_to_some_page(sort: str, edge: str) -> None:
    make_model(name="a")

    assert names(model_page(sort, after=edge)) == ["a"]
    assert names(model_page(sort, before=edge)) == ["a"]


@pytest.mark.parametrize("sort", VERSION_SORTS)
@pytest.mark.parametrize("edge", ["x", "-1", "0", "1.5", "²", "9" * 30, "\x00", "77"])
def test_an_edge_that_is_no_version_leads_to_some_page(sort: str, edge: str) -> None:
    version = make_version(metrics={"auc": 0.5})

    assert version_page(version.model, sort, after=edge).rows == [version]
    assert version_page(version.model, sort, before=edge).rows == [version]


def test_the_first_page_counts_and_the_others_do_not() -> None:
    for name in "abcd":
        make_model(name=name)

    first = model_page("")

    assert (first.count, first.is_cut) == (4, False)
    assert model_page("", after=first.after).count is None


def test_many_are_not_counted() -> None:
    RegisteredModel.objects.bulk_create(
        RegisteredModel(name=f"m{n}", created_at=NOW, updated_at=NOW)
        for n in range(COUNTED + 1)
    )

    page = model_page("")

    assert (page.count, page.is_cut) == (COUNTED, True)


def test_no_rows_are_one_empty_page() -> None:
    page = model_page("")

    assert (page.rows, page.before, page.after, page.count) == ([], "", "", 0)
