"""The ledger's bulk way in: whatever was answered is kept as it came."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from tests.webhooks_ui.factories import make_deliveries, make_delivery, make_webhook
from webhooks_ui.models import Delivery, DeliveryAttempt

pytestmark = pytest.mark.django_db

ODD = "\\N \\x41 \t tab\r\nline 'quote' \"double\" %s {} é 漢 😀 $[0] \x7f"


def test_attempts_are_kept_as_given_whatever_they_hold() -> None:
    delivery = make_delivery()
    now = timezone.now()
    given = [
        _attempt(
            delivery,
            1,
            started_at=now,
            status_code=200,
            request_headers={"webhook-id": ODD, "n": {"deep": [1, None, True]}},
            response_headers={},
            response_body=ODD,
        ),
        _attempt(
            delivery, 2, started_at=now + timedelta(microseconds=1), error=f"{ODD}."
        ),
    ]

    DeliveryAttempt.objects.insert(given)

    kept = list(DeliveryAttempt.objects.order_by("number"))
    assert [_values(one) for one in kept] == [_values(one) for one in given]


def test_no_attempts_are_stored_as_none() -> None:
    DeliveryAttempt.objects.insert([])

    assert not DeliveryAttempt.objects.exists()


def test_what_is_too_long_is_refused_or_kept_but_never_cut() -> None:
    url = "https://a.example.com/" + "x" * 2000
    attempt = _attempt(make_delivery(), 1, url=url)
    bounds = connection.vendor == "postgresql"  # SQLite has no length of texts

    with pytest.raises(DataError) if bounds else nullcontext(), transaction.atomic():
        DeliveryAttempt.objects.insert([attempt])

    assert list(DeliveryAttempt.objects.values_list("url", flat=True)) == (
        [] if bounds else [url]
    )


def test_a_second_attempt_of_the_same_number_is_refused() -> None:
    delivery = make_delivery()
    DeliveryAttempt.objects.insert([_attempt(delivery, 1)])

    with pytest.raises(IntegrityError), transaction.atomic():
        DeliveryAttempt.objects.insert([_attempt(delivery, 1)])


def test_deliveries_are_found_by_many_ids_at_once() -> None:
    deliveries = make_deliveries(make_webhook(), 5)
    wanted = [delivery.pk for delivery in deliveries[1:4]]

    found = Delivery.objects.among([*wanted, "no such id"])

    assert {delivery.pk for delivery in found} == set(wanted)
    assert not Delivery.objects.among([]).exists()


def test_a_claim_reads_its_share_of_a_long_queue_and_sorts_nothing() -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 1000, status="pending")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    share = Delivery.objects.due(timezone.now()).filter(webhook=webhook)[:10]

    plan = share.explain()
    assert "delivery_due" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def _attempt(delivery: Delivery, number: int, **columns: object) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery=delivery,
        webhook_id=delivery.webhook_id,
        number=number,
        **{
            "trigger": "auto",
            "url": "https://a.example.com/",
            "started_at": timezone.now(),
            **columns,
        },
    )


def _values(attempt: DeliveryAttempt) -> dict[str, object]:
    fields = attempt._meta.concrete_fields
    return {f.name: getattr(attempt, f.attname) for f in fields if f.name != "id"}
