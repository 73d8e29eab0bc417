from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from registry_ui.models import AuditEvent, Notification
from tests.factories import make_model, make_version
from tests.webhooks_ui.factories import make_attempt, make_delivery, make_webhook
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.retention import (
    forget_old_deliveries,
    forget_old_notifications,
    give_up_what_waited_too_long,
)
from webhooks_ui.models import Delivery, DeliveryAttempt, Notice

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=settings.DELIVERY_RETENTION_DAYS)


def test_what_was_settled_long_ago_is_forgotten_and_nothing_else() -> None:
    now = timezone.now()
    too_old = now - KEPT - timedelta(hours=1)
    make_delivery(status="succeeded", settled_at=too_old)
    failed = make_delivery(status="failed", settled_at=too_old)
    make_attempt(failed)
    kept = {
        make_delivery(
            status="succeeded", settled_at=now - KEPT + timedelta(hours=1)
        ).pk,
        make_delivery().pk,
    }

    assert forget_old_deliveries() == 2

    assert set(Delivery.objects.values_list("pk", flat=True)) == kept
    assert not DeliveryAttempt.objects.exists()


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"status": "DISABLED"}, "not active"),
        ({"status": "TEST_MODE"}, "not active"),
        ({"paused_at": timezone.now()}, "paused"),
    ],
)
def test_what_waits_too_long_where_nothing_is_sent_is_given_up_and_says_so(
    columns: dict[str, Any], why: str
) -> None:
    now = timezone.now()
    webhook = make_webhook(**columns)
    old = make_delivery(webhook=webhook, due_at=now - KEPT - timedelta(hours=1))
    young = make_delivery(webhook=webhook, due_at=now - KEPT + timedelta(hours=1))
    elsewhere = make_delivery(due_at=now - KEPT - timedelta(hours=1))

    assert give_up_what_waited_too_long() == 1
    assert give_up_what_waited_too_long() == 0
    forget_old_deliveries()

    old.refresh_from_db()
    days = settings.DELIVERY_RETENTION_DAYS
    assert old.status == Delivery.Status.FAILED
    assert old.given_up_reason == f"Given up after {days} days: the webhook was {why}."
    assert set(Delivery.objects.pending()) == {young, elsewhere}
    event = AuditEvent.objects.get(type="webhook.given_up")
    assert (event.details["deliveries"], event.details["days"]) == (1, days)


def test_old_notifications_are_forgotten_with_their_notices() -> None:
    make_person("rui")
    for _ in range(2):
        ask(version=make_version(model=make_model()))
    old, kept = Notification.objects.all()
    too_old = timezone.now() - KEPT - timedelta(hours=1)
    Notification.objects.filter(pk=old.pk).update(created_at=too_old)

    assert forget_old_notifications() == 1

    assert [notice.notification for notice in Notice.objects.all()] == [kept]
