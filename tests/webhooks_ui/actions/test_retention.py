from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from registry_ui.models import Notification
from tests.factories import make_model, make_version
from tests.webhooks_ui.factories import make_attempt, make_delivery
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.retention import (
    forget_old_deliveries,
    forget_old_notifications,
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


def test_old_notifications_are_forgotten_with_their_notices() -> None:
    make_person("rui")
    for _ in range(2):
        ask(version=make_version(model=make_model()))
    old, kept = Notification.objects.all()
    too_old = timezone.now() - KEPT - timedelta(hours=1)
    Notification.objects.filter(pk=old.pk).update(created_at=too_old)

    assert forget_old_notifications() == 1

    assert [notice.notification for notice in Notice.objects.all()] == [kept]
