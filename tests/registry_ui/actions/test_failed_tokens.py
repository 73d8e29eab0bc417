"""Calls whose token does not work: limited by address, on record once."""

from datetime import timedelta

import pytest

from registry_ui.actions.failed_tokens import MOST_FAILURES, count_failure, network_of
from registry_ui.actions.tokens import find_token, revoke_token
from registry_ui.errors import LimitExceededError
from registry_ui.models import Allowance, AuditEvent
from tests.factories import make_token, make_user

HERE = "192.0.2.7"


def fail(times: int, *, sent: str = "signoff_wrong", address: str = HERE) -> int:
    """Let calls fail; return how many of them were over the limit."""
    refused = 0
    for _ in range(times):
        try:
            count_failure(sent, address=address)
        except LimitExceededError:
            refused += 1
    return refused


def records() -> list[dict[str, object]]:
    events = AuditEvent.objects.filter(type="api_token.refused").order_by("position")
    return [event.details for event in events]


@pytest.mark.django_db
def test_too_many_from_one_address_are_refused_and_on_record_once() -> None:
    assert fail(MOST_FAILURES) == 0
    assert not records()

    assert fail(30) == 30
    assert fail(1, address="192.0.2.8") == 0

    (record,) = records()
    assert record == {
        "address": HERE,
        "calls": MOST_FAILURES,
        "owner": "",
        "name": "",
        "prefix": "",
    }


@pytest.mark.django_db
def test_an_hour_later_it_begins_anew_and_may_be_on_record_again() -> None:
    fail(MOST_FAILURES + 1)
    for row in Allowance.objects.all():
        row.began_at -= timedelta(hours=1)
        row.save(update_fields=["began_at"])

    assert fail(MOST_FAILURES + 1) == 1
    assert len(records()) == 2


@pytest.mark.django_db
def test_the_record_names_a_token_that_worked_once() -> None:
    token, secret = make_token(user=make_user(username="ci-bot"), name="nightly")
    revoke_token(token, actor=token.user)

    fail(MOST_FAILURES + 1, sent=secret)

    (record,) = records()
    assert record["owner"] == "ci-bot"
    assert record["name"] == "nightly"
    assert record["prefix"] == token.prefix
    assert secret not in str(record)


@pytest.mark.django_db
def test_a_token_that_works_is_not_asked_about() -> None:
    token, secret = make_token(user=make_user())
    fail(MOST_FAILURES + 1)

    assert find_token(secret, address=HERE) == token


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("somewhere, else", "unknown"),
    ],
)
def test_whoever_has_ipv6_has_a_whole_network(address: str, network: str) -> None:
    assert network_of(address, 32, 64) == network
