"""Receivers that fail as a whole rest; faults of our own cost no attempt."""

import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_user
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.receivers import Receiver, Reply
from tests.webhooks_ui.times import let_time_pass
from webhooks_ui.actions.attempts import outgoing
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.deliver import drain_deliveries, record_answers
from webhooks_ui.actions.health import hold_after
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.http_client import Answer, Failure
from webhooks_ui.models import Delivery, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_wants_rest_gets_it_for_its_whole_queue(
    receiver: Receiver, status: int
) -> None:
    receiver.replies(Reply(status, b"", {"Retry-After": "600"}))
    webhook = _failing(receiver)
    waiting = [make_delivery(webhook=webhook) for _ in range(5)]

    drain_deliveries()
    drain_deliveries()
    let_time_pass(timedelta(minutes=9))
    drain_deliveries()

    assert len(receiver.requests) == 1
    webhook.refresh_from_db()
    assert webhook.held_reason == f"The receiver answered {status}."
    assert sum(_tries(delivery) for delivery in waiting) == 1


@pytest.mark.parametrize("status", [410, 429, 503])
def test_what_a_receiver_answers_that_is_no_longer_the_webhooks_is_not_held_against_it(
    receiver: Receiver, status: int
) -> None:
    webhook = make_webhook(url="https://former.example.com/in")
    make_delivery(webhook=webhook)
    (claimed,) = claim_due(timezone.now(), busy={})
    request = outgoing(claimed, start_before=time.monotonic() + 30)
    Webhook.objects.filter(pk=webhook.pk).update(url=receiver.url)
    answer = Answer(
        started_at=timezone.now(),
        duration_ms=4000,
        status_code=status,
        retry_after_seconds=3600,
    )

    assert record_answers([(request, answer)], {claimed.pk: claimed}) == 1
    drain_deliveries()

    webhook.refresh_from_db()
    assert webhook.is_active
    assert (webhook.held_until, webhook.failing_since) == (None, None)
    assert len(receiver.requests) == 1
    delivery = webhook.deliveries.get()
    assert delivery.status == Delivery.Status.SUCCEEDED
    codes = delivery.attempts.order_by("number").values_list("status_code", flat=True)
    assert list(codes) == [status, 200]


def test_after_its_rest_one_is_tried_and_then_the_others_follow(
    receiver: Receiver,
) -> None:
    receiver.replies(Reply(503, b"", {"Retry-After": "600"}), Reply(200))
    webhook = _failing(receiver)
    for _ in range(5):
        make_delivery(webhook=webhook)
    drain_deliveries()

    let_time_pass(timedelta(minutes=13))
    drain_deliveries()

    webhook.refresh_from_db()
    assert webhook.deliveries.filter(status="succeeded").count() == 5
    assert (webhook.held_until, webhook.held_reason) == (None, "")
    assert webhook.failing_since is None


def test_an_error_of_one_delivery_gives_the_others_no_rest(receiver: Receiver) -> None:
    receiver.replies(Reply(500), Reply(200))
    webhook = _failing(receiver)
    for _ in range(5):
        make_delivery(webhook=webhook)

    drain_deliveries()

    assert webhook.deliveries.filter(status="succeeded").count() == 4


def test_a_receiver_that_takes_some_and_wants_rest_is_not_failing(
    receiver: Receiver,
) -> None:
    webhook = make_webhook(url=receiver.url)
    for _ in range(6):
        make_delivery(webhook=webhook)
    receiver.replies(*[Reply()] * 5, Reply(429, b"", {"Retry-After": "60"}))

    drain_deliveries()

    webhook.refresh_from_db()
    assert webhook.held_until is not None
    assert webhook.deliveries.filter(status="succeeded").count() == 5


@pytest.mark.parametrize(
    ("failing_for", "asked", "least", "most"),
    [
        (timedelta(0), None, 1, 1.2),
        (timedelta(minutes=4), None, 120, 144),
        (timedelta(days=2), None, 300, 360),
        (timedelta(0), 600, 600, 720),
        (timedelta(0), 1e9, 3600, 4320),
        (timedelta(days=2), 1, 300, 360),
    ],
)
def test_the_rest_grows_with_the_failure_within_bounds(
    failing_for: timedelta, asked: float | None, least: float, most: float
) -> None:
    answer = _answer(status_code=503, retry_after_seconds=asked)

    wait = hold_after(answer, failing_for=failing_for)

    assert wait is not None
    assert least <= wait.total_seconds() <= most


def test_an_address_that_must_not_be_called_is_about_no_receiver() -> None:
    refused = _answer(failure=Failure.REFUSED_BY_POLICY, error="Private.")

    assert hold_after(refused, failing_for=HOUR) is None


def test_a_receiver_that_was_down_for_an_hour_is_noticed_when_it_is_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    webhook = make_webhook(url=f"http://127.0.0.1:{port}/hook")
    first = make_delivery(webhook=webhook)
    drain_deliveries()
    for number in range(12):
        let_time_pass(timedelta(minutes=5))
        if number % 3 == 0:
            make_delivery(webhook=webhook, due_at=timezone.now())
        drain_deliveries()
    back = Receiver(port=port)

    let_time_pass(timedelta(minutes=6))
    drain_deliveries()
    at_once = webhook.deliveries.filter(status="succeeded").count()
    let_time_pass(timedelta(hours=3))
    drain_deliveries()
    back.stop()

    assert at_once >= 1
    assert webhook.deliveries.filter(status="succeeded").count() == 5
    first.refresh_from_db()
    errors = set(first.attempts.values_list("error", flat=True))
    assert errors == {"", "No connection: connection refused."}
    assert 3 <= first.attempts.count() <= 5


def test_a_person_who_redelivers_ends_the_rest(receiver: Receiver) -> None:
    webhook = make_webhook(url=receiver.url, created_by=make_user(is_superuser=True))
    failed = make_delivery(webhook=webhook, status="failed", settled_at=timezone.now())
    webhook.held_until = timezone.now() + HOUR
    webhook.save()

    redeliver(failed, actor=webhook.created_by)
    drain_deliveries()

    assert len(receiver.requests) == 1


def test_a_name_server_that_is_no_help_costs_no_attempt_and_is_not_asked_in_a_loop(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr(internet, "look_up", look_up)
    webhook = make_webhook(url="http://receiver.example.com/hook")
    deliveries = [make_delivery(webhook=webhook) for _ in range(3)]

    for _ in range(5):
        drain_deliveries()

    assert len(asked) == 2  # at once, before the first was known to fail
    for delivery in deliveries:
        delivery.refresh_from_db()
        assert (delivery.status, delivery.retry_step) == (Delivery.Status.PENDING, 0)
        assert not delivery.attempts.exists()
    webhook.refresh_from_db()
    assert "name server cannot look receiver.example.com up" in webhook.held_reason
    let_time_pass(timedelta(minutes=2))
    drain_deliveries()
    assert len(asked) == 3


def test_after_a_day_a_name_that_cannot_be_looked_up_is_the_receivers_fault(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr(internet, "look_up", look_up)
    webhook = make_webhook(url="http://receiver.example.com/hook")
    delivery = make_delivery(webhook=webhook)
    drain_deliveries()

    let_time_pass(timedelta(hours=25))
    drain_deliveries()

    assert "name server" in delivery.attempts.get().error


def _failing(receiver: Receiver) -> Webhook:
    """Make a webhook that fails already, so that one delivery at a time is tried."""
    return make_webhook(url=receiver.url, failing_since=timezone.now())


def _tries(delivery: Delivery) -> int:
    return delivery.attempts.count()


def _answer(
    *,
    status_code: int | None = None,
    retry_after_seconds: float | None = None,
    failure: Failure | None = None,
    error: str = "",
) -> Answer:
    return Answer(
        started_at=timezone.now(),
        duration_ms=1,
        status_code=status_code,
        retry_after_seconds=retry_after_seconds,
        failure=failure,
        error=error,
    )
