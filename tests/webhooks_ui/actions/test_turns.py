"""One thread of a process claims at a time; nobody who comes meanwhile is missed."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from threading import Event
from typing import Any

import pytest
from django.db import connection

from tests.running import wait_for
from tests.threads import apart
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.receivers import Receiver, Reply, raw_receiver
from webhooks_ui.actions import deliver
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.turns import Turn
from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook

pytestmark = pytest.mark.usefixtures("committed_db", "open_loopback")


@contextmanager
def _a_drain_that_waits() -> Iterator[None]:
    """Have another thread drain, which waits for a receiver's answer."""
    called, end = Event(), Event()

    def wait(_: socket.socket) -> None:
        called.set()
        end.wait(30)

    with raw_receiver(wait) as url, ThreadPoolExecutor(1) as pool:
        make_delivery(webhook=make_webhook(url=url))
        draining = pool.submit(apart, drain_deliveries)
        try:
            assert called.wait(30)
            yield
            assert not draining.done()
        finally:
            end.set()
        draining.result(30)


def test_who_has_the_turn_looks_again_for_those_who_come(receiver: Receiver) -> None:
    with _a_drain_that_waits():
        delivery = make_delivery(webhook=make_webhook(url=receiver.url))
        attempts = drain_deliveries()
        wait_for(lambda: bool(receiver.requests), seconds=10, what="the delivery")

    assert attempts == 0
    assert Delivery.objects.get(pk=delivery.pk).status == "succeeded"


def test_who_waits_for_answers_passes_the_turn_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "CLAIMING_SECONDS", 0)
    with _a_drain_that_waits():
        alive = make_webhook(url=receiver.url)

        def may_claim() -> bool:
            make_delivery(webhook=alive)
            return drain_deliveries() == 1

        wait_for(may_claim, seconds=5, what="the turn")


def test_who_came_just_before_the_turn_ended_is_not_missed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "CLAIMING_SECONDS", 0)
    webhook = make_webhook(url=receiver.url)
    make_delivery(webhook=webhook)

    class _Turn(Turn):
        def give_back(self) -> None:
            if Delivery.objects.count() == 1:
                make_delivery(webhook=webhook)
                assert drain_deliveries(self) == 0  # the turn is taken
            super().give_back()

    assert drain_deliveries(_Turn()) == 2


def test_a_drain_that_fails_gives_its_turn_back(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_delivery(webhook=make_webhook(url=receiver.url))
    turn = Turn()
    with monkeypatch.context() as broken:
        broken.setattr(deliver, "Sender", None)
        with pytest.raises(TypeError):
            drain_deliveries(turn)
    connection.close()
    Delivery.objects.update(leased_until=None)

    assert drain_deliveries(turn) == 1


def test_a_receiver_that_takes_some_is_known_to_answer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = cycle([Reply(), Reply(500)])
    receiver.answer = lambda _: next(replies)
    webhook = make_webhook(url=receiver.url)
    for _ in range(20):
        make_delivery(webhook=webhook)
    taken: set[str] = set()

    def claim(*args: Any, **how: Any) -> list[Delivery]:
        taken.update(how.get("taken", ()))
        return claim_due(*args, **how)

    monkeypatch.setattr(deliver, "claim_due", claim)
    # Failures and successes are collected together then.
    monkeypatch.setattr(deliver, "COLLECT_SECONDS", 5)
    drain_deliveries()

    assert taken == {webhook.pk}
    assert DeliveryAttempt.objects.filter(status_code=500).count() == 10


def test_failures_are_recorded_in_portions_and_completely(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FAILURES_AT_ONCE", 2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}/"
    for _ in range(5):
        webhook = make_webhook(url=closed)
        for _ in range(3):
            make_delivery(webhook=webhook)
    alive = make_delivery(webhook=make_webhook(url=receiver.url))

    drain_deliveries()

    assert DeliveryAttempt.objects.filter(status_code=None).count() >= 5
    assert Webhook.objects.filter(failing_since=None).count() == 1
    assert not Delivery.objects.exclude(claim_token="").exists()
    assert Delivery.objects.get(pk=alive.pk).status == "succeeded"
