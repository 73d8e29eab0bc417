"""Who is told of an event: stored in its transaction, announced after it."""

import json

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from registry_ui.events import EventType
from registry_ui.models import AuditEvent
from registry_ui.wakeups import WakeUp
from tests.factories import make_model, make_version
from tests.webhooks_ui.factories import (
    make_delivery,
    make_event,
    make_move_to_production,
    make_webhook,
)
from webhooks_ui.actions.attempts import outgoing
from webhooks_ui.models import EventName, PayloadFormat, Webhook
from webhooks_ui.tasks import drain_deliveries

pytestmark = pytest.mark.django_db


def test_a_webhook_subscribed_to_both_names_gets_both() -> None:
    webhook = make_webhook()

    make_move_to_production()

    assert set(webhook.deliveries.values_list("event_name", flat=True)) == {
        "MODEL_VERSION_TRANSITIONED_STAGE",
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
    }


def test_only_what_is_subscribed_to_is_stored() -> None:
    webhook = make_webhook(events=["MODEL_VERSION_TRANSITIONED_TO_STAGING"])

    make_move_to_production()

    assert not webhook.deliveries.exists()


def test_a_webhook_of_one_model_hears_of_that_model_alone() -> None:
    mine, other = make_version(), make_version()
    webhook = make_webhook(model=mine.model, events=["MODEL_VERSION_CREATED"])

    make_event(EventType.MODEL_VERSION_CREATED, version=other)
    make_event(EventType.MODEL_VERSION_CREATED, version=mine)

    assert [event.model_pk for event in _events(webhook)] == [mine.model.pk]


def test_the_creation_of_a_model_is_told_registry_wide_only() -> None:
    model = make_model()
    bound, wide = make_webhook(model=model), make_webhook()

    with transaction.atomic():
        make_event(EventType.REGISTERED_MODEL_CREATED, model=model)

    assert bound.deliveries.count() == 0
    assert wide.deliveries.count() == 1


@pytest.mark.parametrize("status", [Webhook.Status.TEST_MODE, Webhook.Status.DISABLED])
def test_a_webhook_that_is_not_active_hears_nothing(status: str) -> None:
    webhook = make_webhook(status=status)

    make_move_to_production()

    assert not webhook.deliveries.exists()


def test_a_delivery_keeps_the_form_that_its_webhook_had_at_the_event() -> None:
    webhook = make_webhook(
        events=["MODEL_VERSION_TRANSITIONED_STAGE"],
        payload_format=PayloadFormat.CLOUDEVENTS,
    )
    make_move_to_production()
    body = webhook.deliveries.get().body

    webhook.payload_format = PayloadFormat.DATABRICKS
    webhook.save(update_fields=["payload_format"])

    request = outgoing(webhook.deliveries.get())
    content_type = "application/cloudevents+json; charset=utf-8"
    assert request.headers["Content-Type"] == content_type
    assert request.body == body
    assert json.loads(body)["id"] == request.headers["webhook-id"]


def test_an_event_that_is_rolled_back_leaves_no_delivery() -> None:
    webhook = make_webhook()

    with transaction.atomic():
        make_move_to_production()
        transaction.set_rollback(True)

    assert not webhook.deliveries.exists()


def test_one_event_is_never_stored_twice_for_a_webhook() -> None:
    delivery = make_delivery(event_name=EventName.COMMENT_CREATED)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_delivery(
            webhook=delivery.webhook,
            event=delivery.event,
            event_name=EventName.COMMENT_CREATED,
        )


def test_a_worker_is_woken_once_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_webhook()

    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        make_move_to_production()
        make_move_to_production()

    assert callbacks.count(WakeUp(drain_deliveries)) == 1


def test_nobody_is_woken_for_nothing(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        make_move_to_production()

    assert WakeUp(drain_deliveries) not in callbacks


def _events(webhook: Webhook) -> list[AuditEvent]:
    deliveries = webhook.deliveries.select_related("event")
    return [delivery.event for delivery in deliveries if delivery.event]
