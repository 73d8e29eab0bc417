"""A receiver that takes nothing for days: warned of, paused, resumed."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent, Level, Notification
from tests.factories import make_model, make_user
from tests.webhooks_ui.factories import (
    make_delivery,
    make_move_to_production,
    make_webhook,
)
from tests.webhooks_ui.receivers import Receiver, Reply
from tests.webhooks_ui.times import let_time_pass
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.letters import letter_of
from webhooks_ui.actions.notices import queue_notices
from webhooks_ui.actions.pausing import resume_webhook, watch_failing_webhooks
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.webhooks import set_webhook_status
from webhooks_ui.models import Delivery, Notice, NotificationPreference, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

DAY = timedelta(days=1)
LONG = timedelta(days=5, minutes=1)


@pytest.fixture
def ada() -> User:
    """An administrator."""
    return make_user(username="ada", is_superuser=True)


def test_500_for_three_days_uses_up_the_schedule_and_pauses_after_five_days(
    receiver: Receiver,
) -> None:
    receiver.replies(Reply(500, b"broken"))
    webhook = make_webhook(url=receiver.url)
    delivery = make_delivery(webhook=webhook)

    ages = []
    for _ in range(6 * 24):
        drain_deliveries()
        watch_failing_webhooks()
        webhook.refresh_from_db()
        if webhook.is_paused:
            break
        let_time_pass(timedelta(hours=1))
        ages.append(len(receiver.requests))

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED
    assert delivery.attempts.count() == len(receiver.requests) == 10
    # After two days it still is tried: spread by 20 %, all takes 60 hours at least.
    assert ages[2 * 24 - 1] in {8, 9}
    assert len(ages) == 5 * 24
    assert webhook.status == Webhook.Status.ACTIVE
    assert webhook.pause_reason == (
        "The receiver has taken nothing for 5 days. Last, it answered 500."
    )
    assert _types() == ["webhook.warned", "webhook.paused"]


def test_five_days_alone_pause_nothing_as_long_as_no_delivery_was_given_up(
    receiver: Receiver,
) -> None:
    webhook = make_webhook(url=receiver.url, failing_since=timezone.now() - LONG)
    make_delivery(webhook=webhook, attempt_count=5, retry_step=5)
    make_delivery(
        webhook=webhook,
        status="failed",
        settled_at=timezone.now(),
        given_up_reason="Skipped by ada.",
    )

    watch_failing_webhooks()

    webhook.refresh_from_db()
    assert not webhook.is_paused


def test_one_success_begins_the_five_days_anew(receiver: Receiver) -> None:
    webhook = make_webhook(url=receiver.url, failing_since=timezone.now() - LONG)
    make_delivery(webhook=webhook, status="failed", settled_at=timezone.now())
    make_delivery(webhook=webhook)
    drain_deliveries()

    assert watch_failing_webhooks() == 0


def test_a_warning_is_given_once(receiver: Receiver, ada: User) -> None:
    webhook = make_webhook(
        url=receiver.url, failing_since=timezone.now() - 2.6 * DAY, created_by=ada
    )

    counts = [watch_failing_webhooks() for _ in range(3)]

    assert counts == [1, 0, 0]
    assert Notification.objects.get().user == ada
    event = AuditEvent.objects.get(type="webhook.warned")
    assert event.details["pauses_on"] == (f"{timezone.now() + 2.4 * DAY:%d %b %Y}")
    assert event.details["webhook"] == webhook.pk


def test_while_paused_nothing_is_sent_and_events_go_on_being_stored(
    receiver: Receiver,
) -> None:
    webhook = _paused(receiver)

    make_move_to_production()
    drain_deliveries()

    assert receiver.requests == []
    assert webhook.deliveries.pending().count() == 2


def test_who_resumes_lets_one_be_tried_and_then_the_others_follow(
    receiver: Receiver, ada: User
) -> None:
    webhook = _paused(receiver)
    waiting = [make_delivery(webhook=webhook) for _ in range(4)]
    worn = make_delivery(
        webhook=webhook, retry_step=9, due_at=timezone.now() + DAY, attempt_count=9
    )
    receiver.replies(Reply(500), Reply(200))

    resume_webhook(webhook, actor=ada)
    drain_deliveries()

    webhook.refresh_from_db()
    assert (webhook.paused_at, webhook.pause_reason) == (None, "")
    assert webhook.failing_since is None
    states = [Delivery.objects.get(pk=delivery.pk) for delivery in [*waiting, worn]]
    assert [state.status for state in states].count("succeeded") == 4
    assert [state.status for state in states].count("pending") == 1
    assert _types() == ["webhook.resumed"]
    assert AuditEvent.objects.get(type="webhook.resumed").actor_name == "ada"


def test_a_resumed_webhook_that_still_fails_has_sent_one(
    receiver: Receiver, ada: User
) -> None:
    receiver.replies(Reply(503))
    webhook = _paused(receiver)
    for _ in range(5):
        make_delivery(webhook=webhook)

    resume_webhook(webhook, actor=ada)
    drain_deliveries()

    assert len(receiver.requests) == 1


def test_what_was_worn_out_begins_a_new_run_when_it_is_resumed(
    receiver: Receiver, ada: User
) -> None:
    receiver.replies(Reply(500))
    webhook = _paused(receiver)
    worn = make_delivery(webhook=webhook, retry_step=9, attempt_count=9)

    resume_webhook(webhook, actor=ada)
    drain_deliveries()

    worn.refresh_from_db()
    assert (worn.status, worn.retry_step) == (Delivery.Status.PENDING, 1)


def test_a_webhook_with_nothing_to_send_does_not_look_as_if_it_failed(
    receiver: Receiver, ada: User
) -> None:
    webhook = resume_webhook(_paused(receiver), actor=ada)

    assert webhook.failing_since is None


def test_to_activate_a_paused_webhook_is_to_resume_it(
    receiver: Receiver, ada: User
) -> None:
    webhook = set_webhook_status(_paused(receiver), "ACTIVE", actor=ada)

    assert not webhook.is_paused
    assert _types() == ["webhook.resumed"]


def test_to_disable_a_paused_webhook_ends_the_pause(
    receiver: Receiver, ada: User
) -> None:
    webhook = set_webhook_status(_paused(receiver), "DISABLED", actor=ada)

    assert (webhook.status, webhook.is_paused) == ("DISABLED", False)


def test_only_who_manages_a_webhook_resumes_it(receiver: Receiver) -> None:
    stranger = make_user()

    with pytest.raises(PermissionDenied):
        resume_webhook(_paused(receiver), actor=stranger)


def test_what_is_not_paused_is_not_resumed(receiver: Receiver, ada: User) -> None:
    with pytest.raises(ActionError, match="not paused"):
        resume_webhook(make_webhook(url=receiver.url), actor=ada)


def test_nothing_is_redelivered_to_a_paused_webhook(
    receiver: Receiver, ada: User
) -> None:
    webhook = _paused(receiver)
    failed = make_delivery(webhook=webhook, status="failed")

    with pytest.raises(ActionError, match="Resume it first"):
        redeliver(failed, actor=ada)


def test_who_manages_the_model_is_told_and_nobody_else(
    receiver: Receiver, ada: User
) -> None:
    model = make_model(name="churn")
    manager = make_user(username="rui", level=Level.CAN_MANAGE)
    make_user(username="mira", level=Level.CAN_READ)
    former = make_user(username="former")
    _failed(receiver, model=model, created_by=former)

    watch_failing_webhooks()

    told = set(Notification.objects.values_list("user__username", flat=True))
    assert told == {ada.username, manager.username}


def test_the_letter_says_which_webhook_why_and_where_to_look(
    receiver: Receiver, ada: User
) -> None:
    webhook = _failed(receiver, created_by=ada)
    ada.email = "ada@example.com"
    ada.save()
    NotificationPreference.objects.create(user=ada)
    watch_failing_webhooks()

    notification = Notification.objects.select_related("event").get()
    notice = Notice(notification=notification, user=ada, channel="mail", pk=1)
    letter = letter_of([notice])

    assert letter.subject == (
        f"[Signoff] The webhook All models → {webhook.host} is paused"
    )
    (topic,) = letter.topics
    assert topic.url.endswith(f"/webhooks/{webhook.pk}/")
    assert topic.entries[0].sentence == f"Signoff paused the webhook to {webhook.host}"
    assert "taken nothing for 5 days" in topic.entries[0].quote
    assert letter.reasons == ["you manage this webhook"]


def test_who_does_not_want_to_hear_of_webhooks_is_not_mailed(
    receiver: Receiver, ada: User
) -> None:
    NotificationPreference.objects.create(user=ada, muted=["webhook"])
    _failed(receiver, created_by=ada)
    watch_failing_webhooks()

    assert queue_notices(Notification.objects.all()) == 0


def test_owners_are_told_when_a_receiver_is_gone(receiver: Receiver, ada: User) -> None:
    receiver.replies(Reply(410))
    make_delivery(webhook=make_webhook(url=receiver.url, created_by=ada))

    drain_deliveries()

    told = Notification.objects.get()
    assert told.event is not None
    assert (told.user, told.event.type) == (ada, "webhook.disabled")


def test_a_pause_says_nothing_that_is_secret(receiver: Receiver, ada: User) -> None:
    webhook = _failed(receiver, created_by=ada, authorization="hush")
    watch_failing_webhooks()

    bodies = AuditEvent.objects.filter(type="webhook.paused").values_list("body")
    assert "hush" not in json.dumps(list(bodies))
    assert "/hook" not in json.dumps(list(bodies))
    assert webhook.host in json.dumps(list(bodies))


def _failed(receiver: Receiver, **columns: object) -> Webhook:
    """Make a webhook that has failed for five days and given a delivery up."""
    since = timezone.now() - LONG
    webhook = make_webhook(
        url=receiver.url,
        failing_since=since,
        **columns,  # type: ignore[arg-type] # columns of any type
    )
    make_delivery(webhook=webhook, status="failed", settled_at=timezone.now())
    return webhook


def _paused(receiver: Receiver) -> Webhook:
    return make_webhook(
        url=receiver.url,
        paused_at=timezone.now() - DAY,
        failing_since=timezone.now() - 6 * DAY,
        pause_reason="The receiver has taken nothing for 5 days.",
    )


def _types() -> list[str]:
    """Return what is on record about webhooks, the oldest first."""
    events = AuditEvent.objects.filter(type__startswith="webhook.")
    return list(events.order_by("position").values_list("type", flat=True))
