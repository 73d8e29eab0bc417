"""Counting attempts to sign in; the page's own tests are in tests/config."""

from functools import partial

import pytest

from registry_ui.actions.sign_in_attempts import (
    OF_ADDRESS,
    OF_NAME,
    count_attempt,
    forgive_attempt,
)
from registry_ui.errors import LimitExceededError
from registry_ui.models import Allowance
from tests.threads import at_once

HERE = "192.0.2.7"
MOST = OF_NAME[0].most


def attempts(times: int, *, username: str = "dana", address: str = HERE) -> int:
    """Return how many of so many attempts are let through."""
    granted = 0
    for _ in range(times):
        try:
            count_attempt(username, address=address)
            granted += 1
        except LimitExceededError:
            continue
    return granted


@pytest.mark.usefixtures("committed_db")
def test_of_many_at_once_no_more_are_let_through() -> None:
    attempt = partial(count_attempt, "dana", address=HERE)

    refusals = at_once(*[attempt] * (MOST * 3))

    assert refusals.count(None) == MOST


@pytest.mark.django_db
def test_whoever_has_ipv6_has_a_whole_network() -> None:
    assert attempts(MOST, address="2001:db8::1") == MOST
    assert attempts(1, address="2001:db8::2") == 0
    assert attempts(1, address="2001:db8:0:1::1") == 1


@pytest.mark.django_db
def test_what_is_refused_costs_the_address_nothing() -> None:
    attempts(MOST + OF_ADDRESS.most)

    assert Allowance.objects.get(purpose=OF_ADDRESS.purpose).used == MOST


@pytest.mark.django_db
def test_what_is_forgiven_does_not_count() -> None:
    for _ in range(MOST * 5):
        count_attempt("dana", address=HERE)
        forgive_attempt("dana", address=HERE)
    forgive_attempt("dana", address=HERE)

    assert {row.used for row in Allowance.objects.all()} == {0}
    assert attempts(MOST + 1) == MOST
