"""Several workers side by side: an order and a rate hold for all of them together."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from tests.threads import at_once
from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook
from tests.webhooks_ui.receivers import Received, Receiver, Reply
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.turns import Turn
from webhooks_ui.models import Delivery

pytestmark = pytest.mark.usefixtures("committed_db", "open_loopback")

WORKERS = 4
DELIVERIES = 20


def test_in_order_holds_across_workers_and_failures(receiver: Receiver) -> None:
    webhook = make_webhook(url=receiver.url, in_order=True)
    events = [make_event() for _ in range(DELIVERIES)]
    rows = [make_delivery(webhook=webhook, event=event) for event in reversed(events)]
    called: list[str] = []
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(request: Received) -> Reply:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            called.append(request.headers["webhook-id"])
            tries = called.count(called[-1])
            number = len(set(called))
        with lock:
            under_way -= 1
        is_failure = number % 3 == 0 and tries < 3
        return Reply(500 if is_failure else 200)

    receiver.answer = answer

    def work() -> None:
        turn = Turn()  # as if each were a process of its own
        for _ in range(200):
            drain_deliveries(turn)
            # What is tried again later is due now: nobody waits here.
            waiting = Delivery.objects.waiting(timezone.now())
            waiting.update(due_at=F("due_at") - timedelta(days=1))
            if not Delivery.objects.pending().exists():
                return

    at_once(*[work] * WORKERS)

    expected = [row.pk for row in reversed(rows)]
    assert list(dict.fromkeys(called)) == expected
    assert most == 1
    assert called == sorted(called, key=expected.index)  # no try came between others
    assert Counter(called).most_common(1)[0][1] == 3
    assert webhook.deliveries.filter(status="succeeded").count() == DELIVERIES


def test_a_rate_holds_across_workers() -> None:
    webhook = make_webhook(max_per_minute=240)
    for _ in range(30):
        make_delivery(webhook=webhook)
    now = timezone.now()

    claims = at_once(*[lambda: claim_due(now, busy={})] * WORKERS)
    later = now + timedelta(seconds=1)
    claims += at_once(*[lambda: claim_due(later, busy={})] * WORKERS)

    taken = [one.pk for claim in claims if isinstance(claim, list) for one in claim]
    assert len(taken) == len(set(taken))
    assert 7 <= len(taken) <= 8  # 4 a second at once, and a second later as many
