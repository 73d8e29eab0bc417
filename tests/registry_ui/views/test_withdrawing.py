"""Withdrawing a request on its page (views/requests.py)."""

import pytest
from django.contrib.auth.models import User

from registry_ui.models import TransitionRequest
from tests.registry_ui.views.reading import browser
from tests.registry_ui.views.test_decision import decision, url

pytestmark = pytest.mark.django_db

Status = TransitionRequest.Status


def test_the_requester_withdraws(ask: TransitionRequest, requester: User) -> None:
    said = {"comment": "Trained on the wrong month."}
    response = browser(requester).post(url("request_cancel", ask), said, follow=True)

    ask.refresh_from_db()
    page = response.content.decode()
    assert ask.status == Status.CANCELLED
    assert "withdrew it" in page
    assert "Trained on the wrong month." in page


def test_withdrawing_with_a_comment_that_cannot_be_kept_says_so(
    ask: TransitionRequest, requester: User
) -> None:
    response = browser(requester).post(
        url("request_cancel", ask), {"comment": "why\0not"}
    )

    ask.refresh_from_db()
    assert ask.is_open
    assert response.status_code == 422
    assert "Null characters are not allowed." in response.content.decode()


def test_withdrawing_what_is_decided_says_so(
    ask: TransitionRequest, requester: User, reviewer: User
) -> None:
    browser(reviewer).post(url("request_review", ask), decision(ask, "approve"))

    response = browser(requester).post(
        url("request_cancel", ask), {"comment": "Not needed."}
    )

    assert response.status_code == 422
    assert "already approved by Rui Tanaka" in response.content.decode()
    assert "You wrote: Not needed." in response.content.decode()


def test_somebody_else_may_not_withdraw(ask: TransitionRequest, reviewer: User) -> None:
    response = browser(reviewer).post(url("request_cancel", ask))

    ask.refresh_from_db()
    assert response.status_code == 403
    assert ask.is_open
