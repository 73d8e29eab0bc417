from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.webhooks_ui.factories import make_delivery
from webhooks_ui.actions.retention import forget_old_deliveries
from webhooks_ui.models import Delivery

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=settings.DELIVERY_RETENTION_DAYS)


def test_what_was_settled_long_ago_is_forgotten_and_nothing_else() -> None:
    now = timezone.now()
    too_old = now - KEPT - timedelta(hours=1)
    make_delivery(status="succeeded", settled_at=too_old)
    make_delivery(status="failed", settled_at=too_old)
    kept = {
        make_delivery(
            status="succeeded", settled_at=now - KEPT + timedelta(hours=1)
        ).pk,
        make_delivery().pk,
    }

    assert forget_old_deliveries() == 2

    assert set(Delivery.objects.values_list("pk", flat=True)) == kept
