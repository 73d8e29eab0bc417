"""Webhooks and deliveries in the admin panel."""

from collections.abc import Sequence

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry_ui.models import AuditEvent
from tests.factories import make_user
from tests.webhooks_ui.factories import (
    make_attempt,
    make_deliveries,
    make_delivery,
    make_webhook,
)
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.actions.claims import claim_due
from webhooks_ui.models import Delivery, Webhook

pytestmark = pytest.mark.django_db

WEBHOOKS = reverse("admin:webhooks_ui_webhook_changelist")
DELIVERIES = reverse("admin:webhooks_ui_delivery_changelist")


@pytest.fixture
def panel(client: Client, admin_user: User) -> Client:
    """A browser in which a superuser is signed in."""
    client.force_login(admin_user)
    return client


@pytest.mark.parametrize(
    ("action", "status", "event", "words"),
    [
        ("activate", "ACTIVE", "webhook.activated", "2 of 2 are active."),
        ("disable", "DISABLED", "webhook.disabled", "2 of 2 are disabled."),
    ],
)
def test_webhooks_are_activated_and_disabled_on_record(
    panel: Client, action: str, status: str, event: str, words: str
) -> None:
    webhooks = [make_webhook(status="TEST_MODE") for _ in range(2)]

    page = _do(panel, WEBHOOKS, action, webhooks)

    assert words in page
    assert {one.status for one in Webhook.objects.all()} == {status}
    assert AuditEvent.objects.filter(type=event, actor_name="admin").count() == 2


@pytest.mark.usefixtures("open_loopback")
def test_tests_are_sent_and_what_did_not_work_is_told_with_its_reason(
    panel: Client, receiver: Receiver
) -> None:
    receiver.replies(Reply(200), Reply(503))
    webhooks = [
        make_webhook(url=receiver.url, status="DISABLED"),
        make_webhook(url=receiver.url),
        make_webhook(url="https://10.0.0.1/hook"),
    ]

    page = _do(panel, WEBHOOKS, "test", webhooks)

    assert "1 of 3 took the test." in page
    assert "1 not: HTTP 503." in page
    assert "1 not: " in page.replace("1 not: HTTP 503.", "")
    assert len(receiver.requests) == 2


def test_more_tests_than_somebody_would_wait_for_are_refused(panel: Client) -> None:
    webhooks = [make_webhook() for _ in range(6)]

    page = _do(panel, WEBHOOKS, "test", webhooks)

    assert "at most 5 can be selected" in page
    assert not Delivery.objects.exists()


def test_deliveries_are_sent_again_by_the_rules(panel: Client) -> None:
    failed = make_delivery(status="failed")
    flying = make_delivery()
    claim_due(timezone.now(), busy={})
    asleep = make_delivery(status="failed", webhook=make_webhook(status="DISABLED"))

    page = _do(panel, DELIVERIES, "send_again", [failed, flying, asleep])

    failed.refresh_from_db()
    assert "1 of 3 are sent again." in page
    assert "1 not: It is on its way just now" in page
    assert "1 not: Only an active webhook is called." in page
    assert (failed.status, failed.redelivered_by) == ("pending", "admin")
    assert AuditEvent.objects.filter(type="webhook.redelivered").count() == 1


def test_too_many_deliveries_are_refused_before_any_is_sent(panel: Client) -> None:
    webhook = make_webhook()
    made = make_deliveries(webhook, 1001, status="failed")

    page = _do(panel, DELIVERIES, "send_again", made[:1], across=True)

    assert "at most 1,000 can be selected" in page
    assert not Delivery.objects.pending().exists()


def test_who_may_look_at_the_panel_may_not_act_on_what_is_not_theirs(
    client: Client,
) -> None:
    guest = make_user()
    User.objects.filter(pk=guest.pk).update(is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="view_webhook"))
    client.force_login(guest)
    webhook = make_webhook(status="TEST_MODE")

    page = _do(client, WEBHOOKS, "activate", [webhook])

    webhook.refresh_from_db()
    assert "You may not do that with it." in page
    assert webhook.status == "TEST_MODE"


def test_no_page_of_the_panel_shows_a_credential(panel: Client) -> None:
    hush = "whsec_hush"
    webhook = make_webhook(secret=hush, authorization="Bearer hush")
    delivery = make_delivery(webhook=webhook, status="failed")
    make_attempt(delivery, request_headers={"Authorization": "(set; not shown)"})
    pages = [
        WEBHOOKS,
        DELIVERIES,
        f"{WEBHOOKS}?q=hush",
        reverse("admin:webhooks_ui_webhook_change", args=[webhook.pk]),
        reverse("admin:webhooks_ui_delivery_change", args=[delivery.pk]),
        reverse("admin:webhooks_ui_webhook_history", args=[webhook.pk]),
    ]

    shown = [panel.get(page).content.decode().replace("q=hush", "") for page in pages]
    after = _do(panel, WEBHOOKS, "disable", [webhook])

    sealed = webhook.secrets.get().encrypted_value
    stored = [sealed, webhook.encrypted_authorization]
    for text in [*shown, after]:
        assert not any(secret in text for secret in [hush, "Bearer hush", *stored])


def test_no_field_can_be_changed_around_the_actions(panel: Client) -> None:
    webhook = make_webhook()
    change = reverse("admin:webhooks_ui_webhook_change", args=[webhook.pk])

    answers = [
        panel.post(change, {"status": "DISABLED"}),
        panel.post(reverse("admin:webhooks_ui_webhook_delete", args=[webhook.pk])),
        panel.get(reverse("admin:webhooks_ui_webhook_add")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "delete_selected" not in panel.get(WEBHOOKS).content.decode()


def test_webhooks_are_found_by_receiver_and_by_whether_they_fail(
    panel: Client,
) -> None:
    make_webhook(url="https://one.example.com/", failing_since=timezone.now())
    make_webhook(url="https://two.example.com/")

    by_host = panel.get(WEBHOOKS, {"q": "two.example"}).content.decode()
    failing = panel.get(WEBHOOKS, {"failing_since__isempty": "0"}).content.decode()

    assert "two.example.com" in by_host
    assert "one.example.com" not in by_host
    assert "one.example.com" in failing
    assert "two.example.com" not in failing


def _do(
    client: Client,
    url: str,
    action: str,
    rows: Sequence[Webhook] | Sequence[Delivery],
    *,
    across: bool = False,
) -> str:
    """Select rows of a list, do something with them, and return the next page."""
    page = client.post(
        url,
        {
            "action": action,
            "_selected_action": [row.pk for row in rows],
            "select_across": str(int(across)),
            "index": "0",
        },
        follow=True,
    )
    return page.content.decode()
