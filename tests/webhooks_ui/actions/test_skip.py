"""Giving up one delivery."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent
from tests.factories import make_user
from tests.webhooks_ui.factories import make_delivery, make_webhook
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.skip import skip
from webhooks_ui.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    """An administrator."""
    return make_user(username="ada", is_superuser=True)


def test_what_is_skipped_is_failed_says_by_whom_and_lets_the_next_one_go(
    ada: User,
) -> None:
    webhook = make_webhook(in_order=True)
    stuck = make_delivery(webhook=webhook, due_at=timezone.now() + timedelta(days=1))
    behind = make_delivery(webhook=webhook)

    skip(stuck, actor=ada)

    stuck.refresh_from_db()
    assert stuck.status == Delivery.Status.FAILED
    assert stuck.given_up_reason == "Skipped by ada."
    assert stuck.settled_at is not None
    assert [one.pk for one in claim_due(timezone.now(), busy={})] == [behind.pk]
    event = AuditEvent.objects.get(type="webhook.skipped")
    assert (event.actor_name, event.details["delivery"]) == ("ada", stuck.pk)


def test_what_was_skipped_can_be_sent_again(ada: User) -> None:
    skipped = skip(make_delivery(), actor=ada)

    again = redeliver(skipped, actor=ada)

    assert (again.status, again.given_up_reason) == (Delivery.Status.PENDING, "")


def test_what_is_on_its_way_is_not_skipped(ada: User) -> None:
    delivery = make_delivery()
    claim_due(timezone.now(), busy={})

    with pytest.raises(ActionError, match="on its way"):
        skip(delivery, actor=ada)


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_what_is_settled_is_not_skipped(ada: User, status: str) -> None:
    with pytest.raises(ActionError, match="waits"):
        skip(make_delivery(status=status), actor=ada)


def test_only_who_manages_the_webhook_skips() -> None:
    with pytest.raises(PermissionDenied):
        skip(make_delivery(), actor=make_user())
