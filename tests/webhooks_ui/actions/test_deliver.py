"""The engine against real receivers: what is sent, kept, tried again, taken over."""

import json
import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from standardwebhooks import Webhook as StandardWebhook

from registry_ui.models import AuditEvent
from tests.factories import make_version
from tests.webhooks_ui.factories import (
    make_deliveries,
    make_delivery,
    make_move_to_production,
    make_webhook,
)
from tests.webhooks_ui.receivers import Receiver, Reply, raw_receiver
from webhooks_ui.actions.claims import (
    CLAIMED_PER_SILENT_WEBHOOK,
    CLAIMED_PER_WEBHOOK,
    LEASE,
    claim_due,
)
from webhooks_ui.actions.deliver import drain_deliveries, record_answers
from webhooks_ui.http_client import Answer, Outgoing, exchange
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger, Webhook
from webhooks_ui.signing import databricks_signature, generate_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


def test_an_event_reaches_its_receiver_signed_and_is_recorded(
    receiver: Receiver,
) -> None:
    secret = generate_secret()
    webhook = make_webhook(
        url=receiver.url,
        events=["MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"],
        secret=secret,
        authorization="Bearer hush",
    )
    make_move_to_production(make_version(number=3))

    assert drain_deliveries() == 1

    (request,) = receiver.requests
    assert json.loads(request.body)["version"] == "3"
    assert request.headers["X-Databricks-Signature"] == databricks_signature(
        secret, request.body
    )
    StandardWebhook(secret).verify(request.body, dict(request.headers.items()))
    assert request.headers["Authorization"] == "Bearer hush"
    delivery = webhook.deliveries.get()
    assert request.headers["webhook-id"] == delivery.pk
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert delivery.settled_at is not None
    attempt = delivery.attempts.get()
    assert (attempt.number, attempt.trigger) == (1, Trigger.AUTO)
    assert (attempt.status_code, attempt.response_body) == (200, "ok")
    assert "hush" not in json.dumps(attempt.request_headers)


def test_with_nothing_due_a_drain_costs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_delivery(due_at=timezone.now() + timedelta(minutes=1))

    with django_assert_num_queries(1):
        assert drain_deliveries() == 0


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_what_is_not_accepted_is_tried_again_later(
    receiver: Receiver, status: int
) -> None:
    receiver.replies(Reply(status, b"no"))
    delivery = make_delivery(webhook=make_webhook(url=receiver.url))
    before = timezone.now()

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert delivery.attempt_count == delivery.retry_step == 1
    assert timedelta(seconds=3) < delivery.due_at - before < timedelta(seconds=10)
    assert delivery.attempts.get().status_code == status
    assert delivery.claim_token == ""
    delivery.webhook.refresh_from_db()
    assert delivery.webhook.failing_since is not None


def test_a_receiver_that_recovers_gets_the_same_bytes_and_id(
    receiver: Receiver,
) -> None:
    receiver.replies(Reply(500), Reply(200))
    delivery = make_delivery(webhook=make_webhook(url=receiver.url))
    drain_deliveries()
    _let_time_pass(delivery)

    drain_deliveries()

    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert [attempt.number for attempt in delivery.attempts.all()] == [2, 1]
    delivery.webhook.refresh_from_db()
    assert delivery.webhook.failing_since is None


def test_after_the_tenth_attempt_it_is_failed(receiver: Receiver) -> None:
    receiver.replies(Reply(500))
    delivery = make_delivery(webhook=make_webhook(url=receiver.url))

    for _ in range(12):
        drain_deliveries()
        _let_time_pass(delivery)

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED
    assert delivery.attempts.count() == len(receiver.requests) == 10


def test_the_wait_that_the_receiver_asks_for_is_heeded(receiver: Receiver) -> None:
    receiver.replies(Reply(429, b"", {"Retry-After": "600"}))
    delivery = make_delivery(webhook=make_webhook(url=receiver.url))
    before = timezone.now()

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.due_at - before >= timedelta(minutes=10)


def test_a_receiver_that_is_gone_is_called_no_more(receiver: Receiver) -> None:
    receiver.replies(Reply(410))
    webhook = make_webhook(url=receiver.url)
    deliveries = [make_delivery(webhook=webhook) for _ in range(3)]

    drain_deliveries()
    drain_deliveries()

    webhook.refresh_from_db()
    assert webhook.status == Webhook.Status.DISABLED
    assert "410" in webhook.disabled_reason
    event = AuditEvent.objects.get(type="webhook.disabled")
    assert event.details["webhook"] == webhook.pk
    assert event.actor_name == ""
    deliveries[0].refresh_from_db()
    assert deliveries[0].status == Delivery.Status.FAILED


def test_an_address_that_must_not_be_called_fails_at_once(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    delivery = make_delivery(webhook=make_webhook(url="http://127.0.0.1:9999/"))

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED
    assert "127.0.0.1 is not a public address" in delivery.attempts.get().error


def test_what_nobody_listens_to_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    delivery = make_delivery(webhook=make_webhook(url=f"http://127.0.0.1:{port}/"))

    drain_deliveries()

    attempt = delivery.attempts.get()
    assert attempt.status_code is None
    assert attempt.error == "No connection: connection refused."


@pytest.mark.parametrize("status", [Webhook.Status.DISABLED, Webhook.Status.TEST_MODE])
def test_what_waits_for_a_webhook_that_is_not_active_stays(
    receiver: Receiver, status: str
) -> None:
    webhook = make_webhook(url=receiver.url, status=status)
    delivery = make_delivery(webhook=webhook)

    assert drain_deliveries() == 0

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert receiver.requests == []


def test_an_answer_is_kept_in_part_and_as_text(receiver: Receiver) -> None:
    receiver.replies(Reply(200, b"\x00\xff" + b"x" * 10_000))
    delivery = make_delivery(webhook=make_webhook(url=receiver.url))

    drain_deliveries()

    kept = delivery.attempts.get().response_body
    assert kept.startswith("\ufffd\ufffdxx")
    assert len(kept) == 4096


def test_a_credential_that_cannot_be_read_is_a_failed_attempt(
    receiver: Receiver, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = ["the key that will be lost"]
    delivery = make_delivery(
        webhook=make_webhook(url=receiver.url, secret=generate_secret())
    )
    settings.ENCRYPTION_KEYS = ["the key that came after"]

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert "SIGNOFF_ENCRYPTION_KEYS" in delivery.attempts.get().error
    assert receiver.requests == []


def test_two_workers_never_claim_the_same_row() -> None:
    webhook = make_webhook()
    for _ in range(5):
        make_delivery(webhook=webhook)
    now = timezone.now()

    first = claim_due(now, busy={})
    second = claim_due(now, busy={})

    assert len(first) == 5
    assert second == []


def test_a_worker_that_died_is_taken_over_when_its_lease_ends() -> None:
    delivery = make_delivery()
    now = timezone.now()
    (dead,) = claim_due(now, busy={})

    assert claim_due(now + LEASE / 2, busy={}) == []
    (taken,) = claim_due(now + LEASE, busy={})

    assert taken.pk == dead.pk == delivery.pk
    assert taken.claim_token != dead.claim_token


def test_a_worker_that_lost_its_lease_records_its_attempt_and_decides_nothing() -> None:
    delivery = make_delivery()
    now = timezone.now()
    (slow,) = claim_due(now, busy={})
    (fast,) = claim_due(now + LEASE, busy={})
    ok = Answer(started_at=now, duration_ms=1, status_code=200)
    failed = Answer(started_at=now, duration_ms=1, status_code=500)

    record_answers([(_request(fast), ok)], {fast.pk: fast})
    record_answers([(_request(slow), failed)], {slow.pk: slow})

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert delivery.attempt_count == 2
    recorded = delivery.attempts.order_by("number").values_list("status_code")
    assert list(recorded) == [(200,), (500,)]


@pytest.mark.parametrize("status", [200, 410, 500, None])
def test_an_answer_for_a_webhook_deleted_meanwhile_is_dropped(
    status: int | None,
) -> None:
    make_delivery()
    (claimed,) = claim_due(timezone.now(), busy={})
    Webhook.objects.all().delete()
    answer = Answer(started_at=timezone.now(), duration_ms=1, status_code=status)

    assert record_answers([(_request(claimed), answer)], {claimed.pk: claimed}) == 0
    assert not DeliveryAttempt.objects.exists()


def test_a_long_queue_leaves_room_for_others() -> None:
    crowded, quiet = make_webhook(), make_webhook()
    event = make_delivery(webhook=quiet).event
    Delivery.objects.bulk_create(
        Delivery(
            webhook=crowded,
            event=event,
            event_name=f"E{number}",
            payload=b"{}",
            due_at=timezone.now() - timedelta(days=1),
        )
        for number in range(CLAIMED_PER_WEBHOOK)
    )

    claimed = claim_due(timezone.now(), busy={crowded.pk: 10}, taken={crowded.pk: 64})

    of_quiet = [delivery for delivery in claimed if delivery.webhook_id == quiet.pk]
    assert len(of_quiet) == 1
    assert len(claimed) == CLAIMED_PER_WEBHOOK - 10 + 1


def test_what_goes_in_order_goes_as_fast_as_it_is_taken(receiver: Receiver) -> None:
    """Each one waits for the answer to the one before, and not for the clock."""
    webhook = make_webhook(url=receiver.url, in_order=True)
    make_deliveries(webhook, 5, status="pending")

    assert drain_deliveries() == 5


def test_a_failing_receiver_is_probed_with_one() -> None:
    webhook = make_webhook(failing_since=timezone.now())
    for _ in range(5):
        make_delivery(webhook=webhook)

    assert len(claim_due(timezone.now(), busy={})) == 1


def test_of_a_receiver_that_has_answered_nothing_yet_few_are_claimed() -> None:
    webhook = make_webhook()
    for _ in range(CLAIMED_PER_SILENT_WEBHOOK + 5):
        make_delivery(webhook=webhook)
    now = timezone.now()

    first = claim_due(now, busy={})
    while_it_hangs = claim_due(now, busy={webhook.pk: len(first)})
    left_out = claim_due(now, busy={}, taken={webhook.pk: 64}, but_for={webhook.pk})
    rest = claim_due(now, busy={webhook.pk: len(first)}, taken={webhook.pk: 64})

    assert len(first) == CLAIMED_PER_SILENT_WEBHOOK
    assert (while_it_hangs, left_out) == ([], [])
    assert len(rest) == 5


def test_what_is_claimed_of_a_receiver_grows_with_what_it_has_taken() -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 300, status="pending")
    now = timezone.now()

    early = claim_due(now, busy={}, taken={webhook.pk: 10})
    meanwhile = claim_due(now, busy={webhook.pk: 30}, taken={webhook.pk: 10})
    later = claim_due(now, busy={}, taken={webhook.pk: 1000})

    assert [len(early), len(meanwhile), len(later)] == [40, 0, CLAIMED_PER_WEBHOOK]


def test_dead_receivers_do_not_delay_one_that_is_alive(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 4.0)
    arrived: list[float] = []

    def answer(_: object) -> Reply:
        arrived.append(time.monotonic())
        return Reply()

    receiver.answer = answer
    with raw_receiver(_hang) as dead:
        for _ in range(10):
            webhook = make_webhook(url=dead)
            for _ in range(5):
                make_delivery(webhook=webhook)
        alive = make_webhook(url=receiver.url)
        for _ in range(50):
            make_delivery(webhook=alive)
        start = time.monotonic()
        drain_deliveries()

    assert len(arrived) == 50
    assert max(arrived) - start < 3.5  # before the first of the dead is given up


def _hang(connection: socket.socket) -> None:
    connection.recv(1)


def _let_time_pass(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())


def _request(delivery: Delivery) -> Outgoing:
    return Outgoing(
        id=delivery.pk,
        endpoint=delivery.webhook_id,
        url=delivery.webhook.url,
        headers={},
        body=b"",
    )
