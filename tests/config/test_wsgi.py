"""Who calls, behind a proxy."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from config import wsgi
from tests.factories import make_token, make_user


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """Keep the test's connection, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("_kept_connection")
@pytest.mark.parametrize(
    ("proxies", "network"),
    [([], "10.2.0.0/24"), (["10.2.0.0/16"], "192.0.2.0/24")],
)
def test_only_a_trusted_proxy_says_who_calls(
    settings: Settings, proxies: list[str], network: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    token, secret = make_token(user=make_user())
    request = RequestFactory().get(
        "/api/v1/requests",
        headers={
            "Authorization": f"Bearer {secret}",
            "X-Forwarded-For": "203.0.113.9, 192.0.2.7",
        },
        REMOTE_ADDR="10.2.0.1",
    )
    answered: list[str] = []

    def start_response(status: str, *_: Any) -> None:
        answered.append(status)

    answer: HttpResponse = importlib.reload(wsgi).application(
        request.environ, start_response
    )
    answer.close()

    token.refresh_from_db()
    assert answered == ["200 OK"]
    assert token.used_from == network
