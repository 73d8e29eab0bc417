"""Deliveries that are sent again while old ones are forgotten, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tests.factories import make_user
from tests.threads import apart
from tests.webhooks_ui.factories import make_delivery
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.retention import forget_old_deliveries
from webhooks_ui.models import Delivery

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("committed_db")]


def test_a_delivery_that_is_sent_again_meanwhile_is_not_forgotten() -> None:
    admin = make_user(is_superuser=True)
    too_old = timezone.now() - timedelta(days=settings.DELIVERY_RETENTION_DAYS + 1)
    wanted, old = (make_delivery(status="failed", settled_at=too_old) for _ in range(2))

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        redeliver(wanted, actor=admin)
        forgotten = pool.submit(apart, forget_old_deliveries).result(30)

    assert forgotten == 1
    assert list(Delivery.objects.values_list("pk", flat=True)) == [wanted.pk]
    assert wanted.pk != old.pk
