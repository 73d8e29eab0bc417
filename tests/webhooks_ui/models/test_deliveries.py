"""The ledger's bulk way in: whatever was answered is kept as it came."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from tests.webhooks_ui.factories import make_deliveries, make_delivery, make_webhook
from webhooks_ui.models import Delivery, DeliveryAttempt, NewAttempt

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

    kept = DeliveryAttempt.objects.order_by("number").values()
    assert [{**one, "id": None} for one in kept] == [
        {**one, "id": None} for one in given
    ]


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


def test_no_index_learns_of_a_lease() -> None:
    table = Delivery._meta.db_table
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, table)

    indexed = {column for one in indexes.values() for column in one["columns"] or ()}
    assert indexed.isdisjoint({"claim_token", "leased_until"})
    assert not [name for name in indexes if name.endswith("_like")]


def test_a_delivery_is_read_as_django_reads_it() -> None:
    made = make_delivery()

    whole = Delivery.objects.get(pk=made.pk)
    some = Delivery.objects.defer("due_at").get(pk=made.pk)

    assert whole == made
    assert (whole._state.adding, whole._state.db) == (False, "default")
    assert some.get_deferred_fields() == {"due_at"}
    assert some.due_at == whole.due_at
    assert some.webhook == made.webhook


def _attempt(delivery: Delivery, number: int, **columns: Any) -> NewAttempt:
    usual = NewAttempt(
        delivery_id=delivery.pk,
        webhook_id=delivery.webhook_id,
        number=number,
        trigger="auto",
        triggered_by="",
        started_at=timezone.now(),
        duration_ms=1,
        url="https://a.example.com/",
        request_headers={},
        status_code=None,
        request_body="",
        response_headers={},
        response_body="",
        error="",
    )
    return cast("NewAttempt", {**usual, **columns})
