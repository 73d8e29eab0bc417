"""Order, rate and pauses on the pages of webhooks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_model, make_user
from tests.webhooks_ui.factories import LONG_AGO, make_delivery, make_webhook
from webhooks_ui.models import Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

FAR_AHEAD = LONG_AGO.replace(year=2126)

FIELDS = {
    "url": "http://127.0.0.1:9000/hook",
    "events": ["COMMENT_CREATED"],
    "status": "ACTIVE",
}


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser in which an administrator is signed in."""
    client.force_login(make_user(username="ada", is_superuser=True))
    return client


def test_order_and_rate_are_stored_and_shown(ada: Client) -> None:
    fields = FIELDS | {"in_order": "on", "max_per_minute": "30"}

    page = ada.post(reverse("webhooks_ui:webhook_create"), fields, follow=True)

    webhook = Webhook.objects.get()
    assert (webhook.in_order, webhook.max_per_minute) == (True, 30)
    html = page.content.decode()
    assert "one at a time" in html
    assert "At most 30 a minute" in html


def test_what_is_emptied_is_bound_no_more(ada: Client) -> None:
    webhook = make_webhook(in_order=True, max_per_minute=30)

    ada.post(reverse("webhooks_ui:webhook_update", args=[webhook.pk]), FIELDS)

    webhook.refresh_from_db()
    assert (webhook.in_order, webhook.max_per_minute) == (False, None)


@pytest.mark.parametrize("typed", ["0", "-1", "many", "60001", "9" * 40])
def test_a_rate_that_will_not_do_is_told_at_the_field_which_is_unfolded(
    ada: Client, typed: str
) -> None:
    fields = FIELDS | {"max_per_minute": typed}

    page = ada.post(reverse("webhooks_ui:webhook_create"), fields)

    html = page.content.decode()
    assert page.status_code == 422
    assert "<details" in html
    assert 'value="' + typed in html
    assert page.context["form"].errors.keys() == {"max_per_minute"}
    assert page.context["form"].opens_advanced()


def test_a_paused_webhook_says_why_and_is_resumed_with_one_click(
    ada: Client,
) -> None:
    webhook = _paused()
    make_delivery(webhook=webhook)

    page = ada.get(webhook.get_absolute_url()).content.decode()
    resume = reverse("webhooks_ui:webhook_resume", args=[webhook.pk])
    after = ada.post(resume, follow=True).content.decode()

    assert "Taken nothing for 5 days." in page
    assert f'action="{resume}"' in page
    assert "is resumed" in after
    assert "Resume</button>" not in after
    webhook.refresh_from_db()
    assert webhook.paused_at is None


def test_to_resume_what_is_not_paused_says_so(ada: Client) -> None:
    resume = reverse("webhooks_ui:webhook_resume", args=[make_webhook().pk])

    page = ada.post(resume, follow=True)

    assert "The webhook is not paused." in page.content.decode()


def test_a_pause_is_seen_in_the_list_at_the_model_and_on_the_overview(
    ada: Client,
) -> None:
    model = make_model(name="churn")
    _paused(model=model)

    pages = [
        ada.get(address).content.decode()
        for address in (
            reverse("webhooks_ui:webhook_list"),
            model.get_absolute_url(),
            "/",
        )
    ]

    assert ["Paused" in page for page in pages] == [True, True, True]


def test_a_delivery_to_a_paused_webhook_says_what_it_waits_for(
    ada: Client,
) -> None:
    delivery = make_delivery(webhook=_paused())

    page = ada.get(delivery.get_absolute_url()).content.decode()

    assert _next_of(page) == "attempt 1, once resumed"
    assert "Try now" not in page


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "now"),
        ({"status": "DISABLED"}, "once active"),
        ({"paused_at": LONG_AGO, "failing_since": LONG_AGO}, "once resumed"),
        ({"held_until": FAR_AHEAD, "failing_since": LONG_AGO}, "in 9"),
        ({"held_until": LONG_AGO, "failing_since": LONG_AGO}, "in its turn"),
        ({"in_order": True}, "in its turn"),
        ({"max_per_minute": 30}, "in its turn"),
    ],
)
def test_what_waits_never_shows_a_past_time_as_its_next(
    ada: Client, columns: dict[str, Any], words: str
) -> None:
    delivery = make_delivery(webhook=make_webhook(**columns))
    ledger = reverse("webhooks_ui:delivery_list", args=[delivery.webhook_id])

    table = ada.get(ledger).content.decode()
    page = ada.get(delivery.get_absolute_url()).content.decode()

    assert _text(table.rpartition("<td")[2].partition(">")[2]).startswith(words)
    assert _next_of(page).startswith(f"attempt 1, {words}")


def test_only_what_is_sent_soon_is_looked_at_again(ada: Client) -> None:
    held = make_webhook(held_until=FAR_AHEAD)
    deliveries = [
        make_delivery(),
        make_delivery(leased_until=FAR_AHEAD),
        make_delivery(webhook=held),
        make_delivery(webhook=_paused()),
    ]

    pages = [ada.get(one.get_absolute_url()) for one in deliveries]

    looks = ['hx-trigger="every 2s"' in page.content.decode() for page in pages]
    assert looks == [True, True, False, False]


def test_a_receiver_that_is_left_alone_says_why_and_until_when(
    ada: Client,
) -> None:
    webhook = make_webhook(
        held_until=timezone.now() + timedelta(minutes=10),
        held_reason="The receiver answered 429.",
    )

    page = ada.get(webhook.get_absolute_url()).content.decode()

    assert "The receiver answered 429. It is called again" in page


def test_a_delivery_is_skipped_with_one_click(ada: Client) -> None:
    delivery = make_delivery()
    skip = reverse("webhooks_ui:delivery_skip", args=[delivery.webhook_id, delivery.pk])

    before = ada.get(delivery.get_absolute_url()).content.decode()
    after = ada.post(skip, follow=True).content.decode()
    again = ada.post(skip, follow=True).content.decode()

    assert f'action="{skip}"' in before
    assert "Skipped by ada." in after
    assert f'action="{skip}"' not in after
    assert "Only a delivery that waits can be skipped." in again


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def _next_of(page: str) -> str:
    """Return what the page of a delivery says of its next attempt."""
    return _text(page.partition("<dt>Next</dt>")[2].partition("</dd>")[0])


def _paused(**columns: object) -> Webhook:
    return make_webhook(
        paused_at=timezone.now(),
        pause_reason="Taken nothing for 5 days.",
        **columns,  # type: ignore[arg-type] # columns of any type
    )
