"""What may be sent next: by order, by rate, one at a time where a receiver fails."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.webhooks_ui.factories import make_delivery, make_event, make_webhook
from webhooks_ui.actions.claims import LEASE, claim_due
from webhooks_ui.models import Delivery, Trigger, Webhook

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_in_order_the_oldest_event_goes_alone_whatever_the_order_of_the_rows() -> None:
    webhook = make_webhook(in_order=True)
    third, second, first = reversed([make_event() for _ in range(3)])
    for event in (second, third, first):
        make_delivery(webhook=webhook, event=event)

    claimed = claim_due(timezone.now(), busy={})

    assert [delivery.event for delivery in claimed] == [first]
    assert claim_due(timezone.now(), busy={}) == []


def test_in_order_the_next_waits_for_one_that_is_tried_again_later() -> None:
    webhook = make_webhook(in_order=True)
    now = timezone.now()
    postponed = make_delivery(webhook=webhook, due_at=now + HOUR)
    make_delivery(webhook=webhook)

    before = claim_due(now, busy={})
    after = claim_due(now + HOUR, busy={})

    assert before == []
    assert [delivery.pk for delivery in after] == [postponed.pk]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_in_order_the_next_goes_once_the_one_before_is_settled(status: str) -> None:
    webhook = make_webhook(in_order=True)
    first, second = (make_delivery(webhook=webhook) for _ in range(2))
    claim_due(timezone.now(), busy={})
    Delivery.objects.filter(pk=first.pk).update(status=status, claim_token="")

    claimed = claim_due(timezone.now(), busy={})

    assert [delivery.pk for delivery in claimed] == [second.pk]


def test_in_order_a_worker_that_died_is_taken_over_with_the_same_delivery() -> None:
    webhook = make_webhook(in_order=True)
    first = make_delivery(webhook=webhook)
    make_delivery(webhook=webhook)
    now = timezone.now()
    claim_due(now, busy={})

    (taken,) = claim_due(now + LEASE, busy={})

    assert taken.pk == first.pk


def test_in_order_what_is_sent_again_waits_for_what_is_under_way() -> None:
    webhook = make_webhook(in_order=True)
    old = make_delivery(webhook=webhook, status="failed")
    young = make_delivery(webhook=webhook)
    claim_due(timezone.now(), busy={})
    Delivery.objects.filter(pk=old.pk).update(status="pending")

    under_way = claim_due(timezone.now(), busy={})
    Delivery.objects.filter(pk=young.pk).update(status="succeeded", claim_token="")
    afterwards = claim_due(timezone.now(), busy={})

    assert under_way == []
    assert [delivery.pk for delivery in afterwards] == [old.pk]


def test_in_order_one_webhook_holds_up_no_other() -> None:
    ordered, free = make_webhook(in_order=True), make_webhook()
    make_delivery(webhook=ordered, due_at=timezone.now() + HOUR)
    make_delivery(webhook=ordered)
    expected = {make_delivery(webhook=free).pk for _ in range(3)}

    claimed = claim_due(timezone.now(), busy={})

    assert {delivery.pk for delivery in claimed} == expected


def test_what_holds_an_order_up_takes_no_lock_to_find_out(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    webhook = make_webhook(in_order=True)
    make_delivery(webhook=webhook, due_at=timezone.now() + HOUR)
    make_delivery(webhook=webhook)

    with django_assert_num_queries(3):
        assert claim_due(timezone.now(), busy={}) == []


@pytest.mark.parametrize("most", [1, 7, 90, 600])
def test_in_no_minute_more_are_taken_than_the_rate_allows_nor_far_fewer(
    most: int,
) -> None:
    webhook = make_webhook(max_per_minute=most)
    _make_many(webhook, most * 3)
    start = timezone.now()

    taken = [
        len(claim_due(start + timedelta(seconds=second), busy={}))
        + len(claim_due(start + timedelta(seconds=second + 0.5), busy={}))
        for second in range(130)
    ]

    windows = [sum(taken[second : second + 60]) for second in range(70)]
    assert max(windows) <= most
    assert sum(taken[:120]) >= most * 1.9


def test_a_rate_is_no_stock_to_be_saved_up() -> None:
    webhook = make_webhook(max_per_minute=6)
    _make_many(webhook, 20)
    now = timezone.now()
    claim_due(now, busy={})

    assert len(claim_due(now + HOUR, busy={})) == 1


def test_a_rate_holds_up_no_other_webhook() -> None:
    slow, quick = make_webhook(max_per_minute=1), make_webhook()
    _make_many(slow, 5)
    _make_many(quick, 5)
    now = timezone.now()

    first, second = claim_due(now, busy={}), claim_due(now, busy={})

    assert len([one for one in first if one.webhook_id == slow.pk]) == 1
    assert len([one for one in first if one.webhook_id == quick.pk]) == 5
    assert second == []


def test_order_and_rate_go_together() -> None:
    webhook = make_webhook(in_order=True, max_per_minute=60)
    first, second = (make_delivery(webhook=webhook) for _ in range(2))
    now = timezone.now()
    claim_due(now, busy={})
    Delivery.objects.filter(pk=first.pk).update(status="succeeded", claim_token="")

    too_soon = claim_due(now, busy={})
    after = claim_due(now + timedelta(seconds=1), busy={})

    assert too_soon == []
    assert [delivery.pk for delivery in after] == [second.pk]


def test_a_failing_receiver_is_probed_with_the_oldest_that_is_due() -> None:
    webhook = make_webhook(failing_since=timezone.now())
    now = timezone.now()
    oldest = make_delivery(webhook=webhook, due_at=now, retry_step=3)
    make_delivery(webhook=webhook)

    assert _ids(claim_due(now, busy={})) == [oldest.pk]


def test_what_a_person_wants_sent_is_the_probe_of_a_failing_receiver() -> None:
    webhook = make_webhook(failing_since=timezone.now())
    make_delivery(webhook=webhook)
    wanted = make_delivery(webhook=webhook, next_trigger=Trigger.MANUAL)

    assert _ids(claim_due(timezone.now(), busy={})) == [wanted.pk]


@pytest.mark.parametrize("column", ["held_until", "next_slot_at"])
def test_a_webhook_that_rests_is_not_called(column: str) -> None:
    now = timezone.now()
    webhook = make_delivery().webhook
    Webhook.objects.filter(pk=webhook.pk).update(**{column: now + HOUR})

    assert claim_due(now, busy={}) == []
    assert len(claim_due(now + HOUR, busy={})) == 1


def _make_many(webhook: Webhook, count: int) -> None:
    event = make_event()
    Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            event=event,
            event_name=f"E{number}",
            payload=b"{}",
            due_at=timezone.now() - HOUR,
        )
        for number in range(count)
    )


def _ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.pk for delivery in deliveries]
