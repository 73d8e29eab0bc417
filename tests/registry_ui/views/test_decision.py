"""The decision page, and what can be done there (views/decision.py, requests.py)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.reviews import review_request
from registry_ui.models import (
    Evidence,
    Level,
    ModelVersion,
    Review,
    TransitionRequest,
)
from tests.factories import make_transition_request, make_user
from tests.registry_ui.views.reading import HTMX, browser, query_count, text

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status


def url(view: str, ask: TransitionRequest) -> str:
    return reverse(f"registry_ui:{view}", args=[ask.number])


def decision(ask: TransitionRequest, verdict: str, comment: str = "") -> dict[str, str]:
    """Return what the form of the decision page sends."""
    fingerprint = str(gather_decision(ask).fingerprint)
    return {"seen": fingerprint, "decision": verdict, "comment": comment}


# --- The decision page --------------------------------------------------------------


def test_a_reviewer_sees_what_changes_and_may_decide(
    ask: TransitionRequest, reviewer: User
) -> None:
    response = browser(reviewer).get(ask.get_absolute_url())

    page = response.content.decode()
    assert response.context["why_not"] == ""
    for words in (
        "Better on every metric.",
        "v1 goes from Production to Archived",
        "v2 goes from Staging to Production",
        "val_auc",
        'value="approve"',
        'value="reject"',
    ):
        assert words in page


def test_the_requester_is_told_that_somebody_else_decides(
    ask: TransitionRequest, requester: User
) -> None:
    requester.model_permissions.update(level=Level.CAN_MANAGE)

    page = text(browser(requester), ask.get_absolute_url())

    assert "You asked for this yourself" in page
    assert 'value="approve"' not in page
    assert "Withdraw" in page


def test_a_reader_is_told_which_level_decides(ask: TransitionRequest) -> None:
    reader = make_user(level=Level.CAN_READ)

    page = text(browser(reader), ask.get_absolute_url())

    assert "takes the level Can Manage Production Versions on churn" in page
    assert 'value="approve"' not in page
    assert "Withdraw" not in page


def test_where_nobody_holds_the_target_there_is_nothing_to_compare(
    reviewer: User,
) -> None:
    ask = make_transition_request()

    page = text(browser(reviewer), ask.get_absolute_url())

    assert "Production is held by no other version" in page


def test_a_request_for_an_alias_has_a_page_too(
    candidate: ModelVersion, reviewer: User
) -> None:
    ask = make_transition_request(version=candidate, target="alias:champion")

    page = text(browser(reviewer), ask.get_absolute_url())

    assert "@champion is set to v2" in page


def test_the_decision_page_takes_the_same_queries_for_a_short_and_a_long_record(
    ask: TransitionRequest, reviewer: User
) -> None:
    client = browser(reviewer)
    client.post(url("request_comment", ask), {"text": "First."})
    few = query_count(client, ask.get_absolute_url())
    for number in range(9):
        person = browser(make_user(level=Level.CAN_READ))
        person.post(url("request_comment", ask), {"text": f"Remark {number}."})

    assert query_count(client, ask.get_absolute_url()) == few


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": Status.APPROVED}, "a worker is carrying it out"),
        ({"status": Status.APPLYING, "failure": "MLflow is down."}, "MLflow is down."),
        ({"status": Status.APPLIED}, "MLflow was read back and shows it"),
        ({"status": Status.FAILED, "failure": "It moved."}, "It moved."),
        ({"status": Status.REJECTED}, "Nothing was changed in MLflow"),
        ({"status": Status.SUPERSEDED, "closed_by": None}, "Superseded"),
    ],
)
def test_the_page_says_what_became_of_the_request(
    ask: TransitionRequest, reviewer: User, columns: dict[str, Any], words: str
) -> None:
    review_request(
        ask,
        Review.Decision.APPROVE,
        actor=reviewer,
        seen=gather_decision(ask).fingerprint,
    )
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    TransitionRequest.objects.filter(pk=ask.pk).update(
        **({"closed_by": reviewer, "closed_at": now, "applied_at": now} | columns)
    )

    page = text(browser(reviewer), ask.get_absolute_url())

    assert words in page
    assert 'value="approve"' not in page
    assert ("Try again" in page) is (columns["status"] == Status.FAILED)


def test_what_came_true_is_shown_beside_the_plan(
    ask: TransitionRequest, reviewer: User
) -> None:
    seen = gather_decision(ask).fingerprint
    review_request(ask, Review.Decision.APPROVE, actor=reviewer, seen=seen)
    outcome = [
        {"effect": "v2", "found": "Production", "came_true": True},
        {"effect": "v1", "found": "Staging", "came_true": False},
    ]
    TransitionRequest.objects.filter(pk=ask.pk).update(
        status=Status.FAILED, outcome=outcome
    )

    page = text(browser(reviewer), ask.get_absolute_url())

    assert "came true" in page
    assert "MLflow shows: Staging" in page


# --- Deciding -----------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_approval_leads_back_to_the_page(
    ask: TransitionRequest, reviewer: User, headers: dict[str, str]
) -> None:
    client = browser(reviewer)

    response = client.post(
        url("request_review", ask), decision(ask, "approve"), headers=headers
    )
    after = client.get(response["Location"], headers=headers).content.decode()

    ask.refresh_from_db()
    assert response["Location"] == ask.get_absolute_url()
    assert ask.status == Status.APPROVED
    assert "a worker is carrying it out" in after
    assert ("<html" in after) is (not headers)


def test_a_rejection_needs_a_reason_and_closes_the_request(
    ask: TransitionRequest, reviewer: User
) -> None:
    client = browser(reviewer)

    bare = client.post(url("request_review", ask), decision(ask, "reject"))
    given = decision(ask, "reject", "Fails on new customers.")
    after = client.post(url("request_review", ask), given, follow=True)

    ask.refresh_from_db()
    assert bare.status_code == 422
    assert "Say why you reject it" in bare.content.decode()
    assert ask.status == Status.REJECTED
    assert "Fails on new customers." in after.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_decision_on_what_has_changed_is_refused_and_its_words_kept(
    ask: TransitionRequest, reviewer: User, headers: dict[str, str]
) -> None:
    seen = decision(ask, "approve", "Looks good to me.")
    Evidence.objects.filter(version=ask.version).update(metrics={"val_auc": 0.2})

    response = browser(reviewer).post(url("request_review", ask), seen, headers=headers)

    page = response.content.decode()
    now = str(gather_decision(ask).fingerprint)
    assert response.status_code == 422
    assert "This changed since you looked: the metrics." in page
    assert "Looks good to me." in page
    assert f'name="seen" value="{now}"' in page
    assert ("<html" in page) is (not headers)
    ask.refresh_from_db()
    assert ask.is_open


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seen": ""}, "This field is required"),
        ({"seen": "forged"}, "The form did not say what you saw"),
        ({"decision": ""}, "Press Approve or Reject."),
        ({"decision": "maybe"}, "maybe"),
    ],
)
def test_a_form_that_was_tampered_with_decides_nothing(
    ask: TransitionRequest, reviewer: User, given: dict[str, str], words: str
) -> None:
    data = decision(ask, "approve") | given

    response = browser(reviewer).post(url("request_review", ask), data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ask.reviews.exists()


def test_nobody_approves_what_they_asked_for(
    ask: TransitionRequest, requester: User
) -> None:
    requester.model_permissions.update(level=Level.CAN_MANAGE)

    response = browser(requester).post(
        url("request_review", ask), decision(ask, "approve")
    )

    assert response.status_code == 422
    assert not ask.reviews.exists()


def test_who_lacks_the_level_may_not_decide(ask: TransitionRequest) -> None:
    reader = make_user(level=Level.CAN_EDIT)

    response = browser(reader).post(
        url("request_review", ask), decision(ask, "approve")
    )

    assert response.status_code == 403
    assert not ask.reviews.exists()


def test_a_second_decision_is_told_who_was_first_and_its_words_are_kept(
    ask: TransitionRequest, reviewer: User
) -> None:
    late = browser(make_user(level=Level.CAN_MANAGE))
    data = decision(ask, "reject", "Not before the audit.")
    browser(reviewer).post(url("request_review", ask), decision(ask, "approve"))

    response = late.post(url("request_review", ask), data, headers=HTMX)

    page = response.content.decode()
    assert response.status_code == 422
    assert "This request was already approved by Rui Tanaka" in page
    assert "Not before the audit." in page


@pytest.mark.parametrize(
    "view", ["request_review", "request_comment", "request_cancel"]
)
def test_reading_the_address_of_a_form_leads_to_the_page(
    ask: TransitionRequest, reviewer: User, view: str
) -> None:
    assert browser(reviewer).get(url(view, ask))["Location"] == ask.get_absolute_url()


# --- What else can be done ----------------------------------------------------------


def test_a_comment_joins_the_discussion(ask: TransitionRequest) -> None:
    client = browser(make_user(level=Level.CAN_READ))

    response = client.post(
        url("request_comment", ask), {"text": "Which holdout?"}, follow=True
    )

    assert response.redirect_chain[0][0].endswith("#discussion")
    assert "Which holdout?" in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_empty_comment_is_refused_with_words(
    ask: TransitionRequest, reviewer: User, headers: dict[str, str]
) -> None:
    response = browser(reviewer).post(
        url("request_comment", ask), {"text": " "}, headers=headers
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "Write something first." in page
    assert ("<html" in page) is (not headers)


def test_a_failed_plan_is_tried_again(ask: TransitionRequest, reviewer: User) -> None:
    browser(reviewer).post(url("request_review", ask), decision(ask, "approve"))
    TransitionRequest.objects.filter(pk=ask.pk).update(
        status=Status.FAILED, failure="It moved.", due_at=None
    )

    response = browser(reviewer).post(url("request_retry", ask), follow=True)

    ask.refresh_from_db()
    assert ask.status == Status.APPLYING
    assert ask.due_at is not None
    assert "It moved." not in response.content.decode()


def test_what_has_not_failed_is_not_tried_again(
    ask: TransitionRequest, reviewer: User
) -> None:
    response = browser(reviewer).post(url("request_retry", ask), follow=True)

    assert "Only a failed request can be retried" in response.content.decode()


def test_a_reader_tries_nothing_again(ask: TransitionRequest) -> None:
    reader = browser(make_user(level=Level.CAN_READ))

    assert reader.post(url("request_retry", ask)).status_code == 403


def test_a_waiting_page_is_told_to_reload_once_there_is_news(
    ask: TransitionRequest, reviewer: User
) -> None:
    client = browser(reviewer)

    same = client.get(url("request_status", ask), {"was": "open"})
    news = client.get(url("request_status", ask), {"was": "approved"})

    assert same.status_code == 204
    assert "HX-Refresh" not in same
    assert news.status_code == 200
    assert news["HX-Refresh"] == "true"
