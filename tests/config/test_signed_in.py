"""Sessions and users by compiled queries: who is let in, and who no longer."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_user

PAGE = "/account/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    """Somebody who has signed in with a password."""
    browser = Client()
    make_user(username="dana")
    browser.post("/account/sign-in/", {"username": "dana", "password": "secret"})
    return browser


def test_who_has_signed_in_stays_so(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    answer = browser.get(PAGE)

    assert answer.status_code == 200
    assert answer.context["user"].username == "dana"
    with django_assert_num_queries(2):
        assert browser.get("/api/forward-auth").status_code == 200


def test_a_session_ends_when_its_time_is_over(browser: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert browser.get(PAGE).status_code == 302


def test_a_key_that_nobody_has_given_out_is_no_session(browser: Client) -> None:
    key = browser.cookies["sessionid"].value
    browser.cookies["sessionid"] = f"{key[:-1]}{'b' if key[-1] == 'a' else 'a'}"

    assert browser.get(PAGE).status_code == 302
    browser.cookies["sessionid"] = key
    assert browser.get(PAGE).status_code == 200


def test_who_may_no_longer_is_out_at_once(browser: Client) -> None:
    user = browser.get(PAGE).context["user"]
    user.is_active = False
    user.save()

    assert browser.get(PAGE).status_code == 302


def test_another_password_ends_all_sessions(browser: Client) -> None:
    user = browser.get(PAGE).context["user"]
    user.set_password("another")
    user.save()

    assert browser.get(PAGE).status_code == 302
