"""Fields checked while they are typed: what is looked up, and how often."""

import socket

import pytest

from tests.factories import make_user
from tests.webhooks_ui.conftest import Internet
from webhooks_ui.actions.checks import LOOK_UPS_A_MINUTE, check_field

pytestmark = pytest.mark.django_db


def test_a_name_that_points_to_a_private_address_is_refused(internet: Internet) -> None:
    internet.names = {"inside.example.com": [["10.1.2.3"]]}

    error = check_field("url", "https://inside.example.com/", actor=make_user())

    assert "10.1.2.3 is not a public address" in error


def test_a_url_that_will_not_do_is_not_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: asked.append(args))

    error = check_field("url", "ftp://name.example.com/", actor=make_user())

    assert error == "The URL must begin with https://."
    assert asked == []


def test_names_are_looked_up_so_often_a_minute_and_no_more(internet: Internet) -> None:
    internet.names = {"inside.example.com": [["10.1.2.3"]]}
    person, other = make_user(), make_user()
    url = "https://inside.example.com/"

    errors = [
        check_field("url", url, actor=person) for _ in range(LOOK_UPS_A_MINUTE + 1)
    ]

    assert all(errors[:-1])
    assert errors[-1] == ""
    assert check_field("url", url, actor=other)


@pytest.mark.parametrize("field", ["secret", "authorization"])
def test_a_credential_that_would_break_the_request_is_told(field: str) -> None:
    assert "on one line" in check_field(field, "a\tb", actor=make_user())
    assert check_field(field, "Bearer abc", actor=make_user()) == ""
