"""Sending many again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry_ui.errors import ActionError
from registry_ui.models import AuditEvent
from tests.factories import make_user
from tests.webhooks_ui.factories import (
    make_deliveries,
    make_delivery,
    make_job_webhook,
    make_webhook,
)
from tests.webhooks_ui.receivers import Receiver
from webhooks_ui.actions import redeliver
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.job_runs import idempotency_token
from webhooks_ui.actions.redeliver import redeliver_selected
from webhooks_ui.models import Delivery, EventName, Selection, Trigger, Which
from webhooks_ui.models.deliveries import first_delivery_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


def test_all_failed_go_out_again_with_ids_and_bytes_as_they_were(
    receiver: Receiver,
) -> None:
    webhook = make_webhook(url=receiver.url)
    failed = make_deliveries(webhook, 3, status="failed")
    make_deliveries(webhook, 2, status="succeeded")
    ada = make_user(is_superuser=True)

    count = redeliver_selected(webhook, _now(), actor=ada)
    drain_deliveries()

    assert count == 3
    arrived = {(r.headers["webhook-id"], r.body) for r in receiver.requests}
    assert arrived == {(one.pk, one.body) for one in failed}
    attempt = failed[0].attempts.get()
    assert (attempt.trigger, attempt.triggered_by) == (Trigger.MANUAL, ada.username)
    event = AuditEvent.objects.get(type="webhook.redelivered_in_bulk")
    assert (event.details["count"], event.details["which"]) == (3, "failed")


def test_of_many_only_what_had_succeeded_starts_its_job_once_more() -> None:
    webhook = make_job_webhook()
    done, failed = (
        make_delivery(webhook=webhook, status=status)
        for status in ("succeeded", "failed")
    )
    tokens = [idempotency_token(one) for one in (done, failed)]

    for _ in range(2):  # the second finds them pending
        redeliver_selected(
            webhook, _now(which=Which.ALL), actor=make_user(is_superuser=True)
        )

    done.refresh_from_db()
    failed.refresh_from_db()
    assert (done.run_number, failed.run_number) == (1, 0)
    assert idempotency_token(done) != tokens[0]
    assert idempotency_token(failed) == tokens[1]


def test_a_period_and_an_event_bound_what_goes_out() -> None:
    webhook = make_webhook()
    made = {
        day: make_delivery(
            webhook=webhook, status="succeeded", pk=_id_at(f"2026-03-{day:02}")
        )
        for day in (1, 2, 3)
    }
    tag = make_delivery(
        webhook=webhook,
        status="failed",
        pk=_id_at("2026-03-02T12:00"),
        event_name=EventName.MODEL_VERSION_TAG_SET,
    )
    second_day = _now(which=Which.ALL, start=_at("2026-03-02"), end=_at("2026-03-03"))
    of_tags = _now(which=Which.ALL, event_name="MODEL_VERSION_TAG_SET")

    chosen = set(second_day.of(webhook, timezone.now()))
    tags = set(of_tags.of(webhook, timezone.now()))

    assert chosen == {made[2], tag}
    assert tags == {tag}


def test_tests_and_what_is_on_its_way_are_left_out() -> None:
    webhook = make_webhook()
    make_delivery(webhook=webhook)
    claim_due(timezone.now(), busy={})
    test = make_delivery(webhook=webhook, status="failed")
    Delivery.objects.filter(pk=test.pk).update(event=None)
    waits = make_delivery(
        webhook=webhook, due_at=timezone.now() + timedelta(hours=3), retry_step=4
    )

    count = redeliver_selected(webhook, _now(which=Which.ALL), actor=_admin())

    waits.refresh_from_db()
    assert count == 1
    assert (waits.retry_step, waits.next_trigger) == (0, Trigger.MANUAL)
    assert waits.due_at <= timezone.now()


def test_a_day_of_failures_is_made_due_in_short_steps_spread_over_time() -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 10_002, status="failed")

    with CaptureQueriesContext(connection) as queries:
        count = redeliver_selected(webhook, _now(), actor=_admin())

    due = Delivery.objects.pending().order_by("pk").values_list("due_at", flat=True)
    assert count == redeliver.MOST_AT_ONCE == 10_000
    assert due[9_999] - due[0] == 19 * redeliver.BATCH_APART
    assert list(due) == sorted(due)
    assert len(queries) < 150
    assert AuditEvent.objects.filter(type="webhook.redelivered_in_bulk").count() == 1


@pytest.mark.parametrize("status", ["TEST_MODE", "DISABLED"])
def test_what_nobody_would_send_is_refused(status: str) -> None:
    webhook = make_webhook(status=status)
    make_deliveries(webhook, 1, status="failed")

    with pytest.raises(ActionError, match="Activate it first"):
        redeliver_selected(webhook, _now(), actor=_admin())


def test_nothing_to_send_again_is_said_and_not_put_on_record() -> None:
    webhook = make_webhook()

    with pytest.raises(ActionError, match="none is sent again"):
        redeliver_selected(webhook, _now(), actor=_admin())

    assert not AuditEvent.objects.filter(type="webhook.redelivered_in_bulk").exists()


def test_who_may_not_manage_it_may_not_send_many_again() -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 1, status="failed")

    with pytest.raises(PermissionDenied):
        redeliver_selected(webhook, _now(), actor=make_user())


def _now(
    *,
    which: Which = Which.FAILED,
    event_name: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Selection:
    return Selection(
        which=which,
        event_name=event_name,
        start=start,
        end=end or timezone.now() + timedelta(seconds=1),
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _id_at(text: str) -> str:
    return first_delivery_id(_at(text))


def _admin() -> User:
    return make_user(is_superuser=True)
