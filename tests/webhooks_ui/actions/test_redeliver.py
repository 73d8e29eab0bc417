"""Sending again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent
from tests.factories import make_user
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.models import Delivery, Trigger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


def test_what_was_given_up_goes_out_again_with_the_same_id(receiver: Receiver) -> None:
    delivery = make_delivery(
        webhook=make_webhook(url=receiver.url),
        status=Delivery.Status.FAILED,
        attempt_count=10,
        retry_step=10,
    )

    redeliver(delivery, actor=_admin())
    drain_deliveries()

    assert receiver.requests[0].headers["webhook-id"] == delivery.pk
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.SUCCEEDED
    attempt = delivery.attempts.get()
    assert (attempt.number, attempt.trigger) == (11, Trigger.MANUAL)
    event = AuditEvent.objects.get(type="webhook.redelivered")
    assert event.details["delivery"] == delivery.pk


def test_a_redelivery_that_fails_has_its_own_run_of_retries(receiver: Receiver) -> None:
    receiver.replies(Reply(500))
    delivery = make_delivery(
        webhook=make_webhook(url=receiver.url), status=Delivery.Status.SUCCEEDED
    )

    redeliver(delivery, actor=_admin())
    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert delivery.next_trigger == Trigger.AUTO
    assert delivery.due_at - timezone.now() < timedelta(seconds=10)


def test_what_waits_is_tried_now(receiver: Receiver) -> None:
    delivery = make_delivery(
        webhook=make_webhook(url=receiver.url),
        due_at=timezone.now() + timedelta(hours=5),
    )

    redeliver(delivery, actor=_admin())

    assert drain_deliveries() == 1


def test_what_is_on_its_way_is_let_be() -> None:
    delivery = make_delivery()
    claim_due(timezone.now(), busy={})

    with pytest.raises(ActionError, match="on its way"):
        redeliver(delivery, actor=_admin())


@pytest.mark.parametrize("status", ["TEST_MODE", "DISABLED"])
def test_only_an_active_webhook_is_called(status: str) -> None:
    delivery = make_delivery(webhook=make_webhook(status=status))

    with pytest.raises(ActionError, match="Activate"):
        redeliver(delivery, actor=_admin())


def test_who_may_not_manage_it_may_not_redeliver() -> None:
    with pytest.raises(PermissionDenied):
        redeliver(make_delivery(), actor=make_user())


def _admin() -> User:
    return make_user(is_superuser=True)
