"""The inbox (views/inbox.py)."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from registry_ui.actions.checks import report_check
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.reviews import review_request
from registry_ui.actions.watching import watch_model
from registry_ui.models import Check, Level, Review, TransitionRequest
from registry_ui.policies import PolicyDefinition
from tests.factories import (
    make_comment,
    make_transition_request,
    make_user,
)
from tests.registry_ui.views.reading import HTMX, browser, query_count, shown, text

pytestmark = pytest.mark.django_db

INBOX = "/requests/"
Status = TransitionRequest.Status


# --- The lists ----------------------------------------------------------------------


def test_the_inbox_opens_with_what_waits_for_me(
    ask: TransitionRequest, reviewer: User
) -> None:
    own = make_transition_request(requested_by=reviewer)

    page = text(browser(reviewer), INBOX)

    assert "Waiting for me" in page
    assert ask.get_absolute_url() in page
    assert own.get_absolute_url() not in page


def test_the_inbox_opens_with_all_open_ones_where_nothing_waits_for_me(
    ask: TransitionRequest, requester: User
) -> None:
    response = browser(requester).get(INBOX)

    assert response.context["show"] == "open"
    assert ask.get_absolute_url() in response.content.decode()


@pytest.mark.parametrize(
    ("show", "numbers"),
    [
        ("waiting", {1}),
        ("open", {1, 2}),
        ("mine", {2, 3}),
        ("watching", {4}),
        ("done", {3, 4}),
        ("decided", {3, 4}),
        ("all", {1, 2, 3, 4}),
        ("nonsense", {1}),
    ],
)
def test_each_tab_shows_its_requests(
    show: str, numbers: set[int], reviewer: User
) -> None:
    asks = {
        1: make_transition_request(),
        2: make_transition_request(requested_by=reviewer),
        3: make_transition_request(requested_by=reviewer, status=Status.REJECTED),
        4: make_transition_request(status=Status.APPLYING),
    }
    watch_model(asks[4].version.model, actor=reviewer)

    assert set(shown(reviewer, show=show)) == {asks[number] for number in numbers}


def test_the_badge_the_overview_and_the_tab_count_the_same(reviewer: User) -> None:
    definition = {"name": "two", "targets": ["stage:*"], "approvals": [{"count": 2}]}
    apply_policies(
        [PolicyDefinition.model_validate(definition)],
        actor=None,
    )
    asks = [make_transition_request() for _ in range(4)]
    review_request(asks[0], Review.Decision.APPROVE, actor=reviewer, seen=None)
    make_transition_request(requested_by=reviewer)
    client = browser(reviewer)

    inbox, overview = client.get(INBOX), client.get("/")

    assert inbox.context["counts"]["waiting"] == 3
    assert inbox.context["nav"].counts["requests"] == 3
    assert overview.context["waiting_count"] == 3
    assert shown(reviewer) == asks[1:]


def test_whom_a_policy_excludes_has_it_not_in_the_inbox(
    ask: TransitionRequest, reviewer: User
) -> None:
    everybody = ["requester", "run_user", "version_creator", "check_reporters"]
    definition = {"name": "strict", "targets": ["stage:*"], "excluded": everybody}
    checks = {"checks": [{"name": "bias"}], "approvals": [{"groups": ["risk"]}]}
    apply_policies([PolicyDefinition.model_validate(definition | checks)], actor=None)
    reviewer.groups.add(Group.objects.create(name="risk"))
    assert shown(reviewer, show="waiting") == [ask]

    report_check(ask.version, "bias", Check.Verdict.FAILED, actor=reviewer)

    assert shown(reviewer, show="waiting") == []


def test_tabs_count_what_waits_what_is_mine_and_open_and_all_open(
    reviewer: User,
) -> None:
    make_transition_request()
    for status in (Status.OPEN, Status.APPLIED):
        make_transition_request(requested_by=reviewer, status=status)

    counts = browser(reviewer).get(INBOX).context["counts"]

    assert counts == {"waiting": 1, "mine": 1, "open": 2}


def test_requests_about_models_that_one_may_not_read_are_not_in_the_inbox(
    ask: TransitionRequest,
) -> None:
    stranger = ask.requested_by
    stranger.model_permissions.all().delete()
    make_comment(version=ask.version, request=ask, author=stranger)

    for show in ("all", "mine", "watching", "open"):
        page = text(browser(stranger), f"{INBOX}?show={show}")
        assert ask.get_absolute_url() not in page
        assert "churn" not in page


def test_there_is_nothing_to_press_in_a_list(
    ask: TransitionRequest, reviewer: User
) -> None:
    page = text(browser(reviewer), INBOX, headers=HTMX)

    assert ask.get_absolute_url() in page
    assert not re.search(r"<button|<form|<input", page)


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("waiting", "Nothing waits for you"),
        ("mine", "You have asked for nothing yet"),
        ("watching", "Nothing to watch yet"),
        ("open", "Nothing waits for a decision"),
        ("done", "Nothing was decided yet"),
    ],
)
def test_an_empty_list_says_what_to_do(show: str, words: str, reviewer: User) -> None:
    page = text(browser(reviewer), f"{INBOX}?show={show}")

    assert words in page
    assert re.search(r'<a class="button" href="[^"]+">', page)


def test_who_may_read_nothing_is_told_so() -> None:
    page = text(browser(make_user()), INBOX)

    assert "You may not read any model yet" in page


# --- Rows and pages -----------------------------------------------------------------


def test_a_row_says_how_far_the_request_is_and_what_was_said(
    ask: TransitionRequest, reviewer: User
) -> None:
    definition = {"name": "two", "targets": ["stage:*"], "approvals": [{"count": 2}]}
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)
    other = make_user(level=Level.CAN_MANAGE)
    review_request(ask, Review.Decision.APPROVE, actor=other, seen=None)
    make_comment(version=ask.version, request=ask)

    page = text(browser(reviewer), INBOX)

    assert "1 of 2 approvals" in page
    assert "1 comment" in page


@pytest.mark.parametrize(("days", "is_late"), [(2, False), (4, True)])
def test_what_waits_for_long_is_called_late(
    days: int, is_late: bool, ask: TransitionRequest, reviewer: User
) -> None:
    asked_at = timezone.now() - timedelta(days=days)
    TransitionRequest.objects.update(created_at=asked_at)

    assert ("Late: asked" in text(browser(reviewer), INBOX)) is is_late


def test_what_is_done_is_never_late(reviewer: User) -> None:
    make_transition_request(status=Status.APPLIED)
    TransitionRequest.objects.update(created_at=timezone.now() - timedelta(days=9))

    page = text(browser(reviewer), f"{INBOX}?show=done")

    assert "Late: asked" not in page
    assert "Applied" in page


def test_pages_follow_each_other(reviewer: User) -> None:
    asks = [make_transition_request() for _ in range(30)]
    client = browser(reviewer)

    first = client.get(INBOX, {"show": "waiting"})
    second = client.get(INBOX + first.context["links"].next)
    back = client.get(INBOX + second.context["links"].previous)

    assert [row.ask for row in first.context["rows"]] == asks[:25]
    assert [row.ask for row in second.context["rows"]] == asks[25:]
    assert [row.ask for row in back.context["rows"]] == asks[:25]


@pytest.mark.parametrize("show", ["waiting", "mine", "watching", "open", "done"])
def test_the_inbox_takes_the_same_queries_for_few_and_many(
    show: str, reviewer: User
) -> None:
    client = browser(reviewer)

    def make(count: int) -> None:
        for _ in range(count):
            watch_model(make_transition_request().version.model, actor=reviewer)
            make_transition_request(requested_by=reviewer)
            make_transition_request(status=Status.APPLIED)

    make(1)
    few = query_count(client, f"{INBOX}?show={show}")
    make(19)

    assert query_count(client, f"{INBOX}?show={show}") == few
