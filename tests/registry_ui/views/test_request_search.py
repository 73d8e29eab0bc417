"""Filters and orders of the inbox (views/request_search.py, forms/inbox.py)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry_ui.models import TransitionRequest
from tests.factories import make_model, make_transition_request, make_version
from tests.registry_ui.views.reading import HTMX, browser, shown

pytestmark = pytest.mark.django_db

INBOX = "/requests/"
Status = TransitionRequest.Status


def named(name: str, **columns: Any) -> TransitionRequest:
    """Make a request about a model of that name."""
    version = make_version(model=make_model(name=name))
    return make_transition_request(version=version, **columns)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("CHURN", {"churn", "churn-eu"}),
        ("churn v1", {"churn", "churn-eu"}),
        ("churn v2", set()),
        ("a.b", {"a.b"}),
        ("É", {"café"}),
    ],
)
def test_text_finds_models_by_part_and_versions(
    q: str, names: set[str], reviewer: User
) -> None:
    for name in ("churn", "churn-eu", "a.b", "acb", "café"):
        named(name)

    found = shown(reviewer, q=q)

    assert {one.version.model.name for one in found} == names


def test_a_number_finds_its_request(reviewer: User) -> None:
    asks = [
        make_transition_request(version=make_version(model=make_model(name=name)))
        for name in ("churn", "fraud", "demand")
    ]

    for q in (f"#{asks[1].number}", f"{asks[1].number}"):
        assert asks[1] in shown(reviewer, q=q)
        assert asks[0] not in shown(reviewer, q=q)


@pytest.mark.parametrize(
    ("target", "count"),
    [("Production", 2), ("Staging", 1), ("@champion", 2), ("@", 3), ("@none", 0)],
)
def test_a_target_finds_what_wants_to_go_there(
    target: str, count: int, reviewer: User
) -> None:
    for stored in (
        "stage:Production",
        "stage:Production",
        "stage:Staging",
        "alias:champion",
        "alias:Champion",
        "alias:other",
    ):
        make_transition_request(target=stored)

    assert len(shown(reviewer, target=target)) == count


@pytest.mark.parametrize(("by", "count"), [("DANA", 1), ("okafor", 1), ("nobody", 0)])
def test_a_person_finds_what_they_asked_for(
    by: str, count: int, ask: TransitionRequest, reviewer: User
) -> None:
    make_transition_request()

    assert shown(reviewer, by=by, show="open") == [ask] * count


def test_a_status_narrows_down_what_is_done(reviewer: User) -> None:
    for status in (Status.APPLIED, Status.REJECTED, Status.REJECTED):
        make_transition_request(status=status)

    assert len(shown(reviewer, show="done", status="rejected")) == 2


def test_filters_combine_and_the_tabs_keep_them(reviewer: User) -> None:
    asks = [named("churn"), named("churn-eu"), named("other")]
    named("churn-us", target="stage:Staging")
    client = browser(reviewer)
    query = {"q": "churn", "target": "Production", "show": "open"}

    response = client.get(INBOX, query)

    assert {row.ask for row in response.context["rows"]} == set(asks[:2])
    done = response.context["tabs"][-1]["url"]
    assert done == "?show=done&q=churn&target=Production"


def test_a_status_stays_behind_where_a_list_has_none_such(reviewer: User) -> None:
    response = browser(reviewer).get(INBOX, {"show": "done", "status": "applied"})

    urls = {tab["name"]: tab["url"] for tab in response.context["tabs"]}
    assert urls["open"] == "?show=open"
    assert urls["mine"] == "?show=mine&status=applied"


def test_what_waits_comes_oldest_first_and_the_rest_newest_first(
    reviewer: User,
) -> None:
    asks = [make_transition_request() for _ in range(3)]

    assert shown(reviewer, show="waiting") == asks
    assert shown(reviewer, show="open") == asks[::-1]
    assert shown(reviewer, show="waiting", sort="newest") == asks[::-1]
    assert shown(reviewer, show="open", sort="oldest") == asks


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"show": "nonsense"}, "There is no such list"),
        ({"status": "nonsense", "show": "done"}, "There is no such status"),
        ({"status": "open", "show": "done"}, "No request in this list has that"),
        ({"status": "applied", "show": "open"}, "No request in this list has that"),
        ({"sort": "sideways"}, "There is no such order"),
        ({"target": "production"}, "A target is a stage"),
        ({"q": "x" * 300}, "at most 256 characters"),
        ({"by": "x" * 300}, "at most 150 characters"),
        ({"q": "\0"}, "Null characters are not allowed"),
        ({"target": "@\0"}, "Null characters are not allowed"),
    ],
)
def test_what_means_nothing_is_left_out_and_told(
    query: dict[str, str], words: str, ask: TransitionRequest, reviewer: User
) -> None:
    page = browser(reviewer).get(INBOX, query)

    assert page.status_code == 200
    assert words in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "before=-1",
        f"after={'9' * 30}",
        f"q=%23{'9' * 40}",
        f"q=churn+v{'9' * 9}",
        "q=%ED%A0%80",
        "page=7",
    ],
)
def test_nothing_in_an_address_breaks_the_page(
    query: str, ask: TransitionRequest, reviewer: User
) -> None:
    assert browser(reviewer).get(f"{INBOX}?{query}").status_code == 200


def test_a_form_without_javascript_leads_to_a_short_address(reviewer: User) -> None:
    query = {"show": "open", "q": "churn", "by": "", "target": "", "sort": ""}

    response = browser(reviewer).get(INBOX, query)

    assert response["Location"] == f"{INBOX}?show=open&q=churn"


def test_htmx_gets_the_requests_alone(ask: TransitionRequest, reviewer: User) -> None:
    response = browser(reviewer).get(f"{INBOX}?show=open&q=churn&by=", headers=HTMX)

    page = response.content.decode()
    assert page.lstrip().startswith('<section class="card" id="requests"')
    assert "<html" not in page
    assert response["HX-Push-Url"] == f"{INBOX}?show=open&q=churn"
