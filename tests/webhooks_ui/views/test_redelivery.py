"""The page that sends many deliveries again."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_user
from tests.webhooks_ui.factories import LONG_AGO, make_deliveries, make_webhook
from webhooks_ui.models import Delivery, Webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser in which an administrator is signed in."""
    client.force_login(make_user(is_superuser=True))
    return client


def test_the_count_comes_first_and_the_button_does_it(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 3, status="failed")
    make_deliveries(webhook, 2, status="succeeded")

    page = ada.get(_url(webhook))
    before = Delivery.objects.pending().count()
    done = ada.post(_url(webhook), _hidden(page.content.decode()), follow=True)

    assert page.context["count"] == 3
    assert before == 0
    assert Delivery.objects.pending().count() == 3
    assert "3 deliveries are sent again." in done.content.decode()


def test_what_two_press_at_once_happens_once(ada: Client) -> None:
    webhook = make_webhook()
    made = make_deliveries(webhook, 2, status="succeeded")
    chosen = {"which": "all"}
    fields = _hidden(ada.get(_url(webhook), chosen).content.decode())
    ada.post(_url(webhook), fields)
    Delivery.objects.filter(webhook=webhook).update(
        status="succeeded", settled_at=timezone.now()
    )

    refused = ada.post(_url(webhook), fields)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Since you opened this page somebody has sent deliveries again" in page
    assert not Delivery.objects.pending().exists()
    again = ada.post(_url(webhook), _hidden(page), follow=True).content.decode()
    assert f"{len(made)} deliveries are sent again." in again


def test_what_failed_after_the_count_is_not_sent_again(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 1, status="failed")
    fields = _hidden(ada.get(_url(webhook)).content.decode())
    late = make_deliveries(webhook, 1, status="failed")

    ada.post(_url(webhook), fields)

    late[0].refresh_from_db()
    assert late[0].status == Delivery.Status.FAILED
    assert Delivery.objects.pending().count() == 1


def test_htmx_gets_the_count_alone_and_the_address_without_blanks(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 3)

    part = ada.get(
        _url(webhook),
        {"which": "all", "event": "", "period": "hour"},
        headers={"HX-Request": "true"},
    )

    assert "<html" not in part.content.decode()
    assert part["HX-Push-Url"] == f"{_url(webhook)}?which=all&period=hour"
    assert "Redeliver 3" in part.content.decode()


def test_more_than_go_out_at_a_time_are_said(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 10_001, status="failed")

    html = ada.get(_url(webhook)).content.decode()

    assert "More match." in html
    assert "Redeliver 10,000" in html


def test_nothing_to_send_again_has_no_button(ada: Client) -> None:
    html = ada.get(_url(make_webhook())).content.decode()

    assert "Nothing to send again" in html
    assert 'name="csrfmiddlewaretoken"' not in html.partition('id="preview"')[2]


def test_a_webhook_that_is_not_active_is_refused_with_the_remedy(ada: Client) -> None:
    webhook = make_webhook(status="DISABLED")
    make_deliveries(webhook, 1, status="failed")

    page = ada.get(_url(webhook))
    refused = ada.post(_url(webhook), {"which": "failed"})

    assert "Activate it on its page" in page.content.decode()
    assert refused.status_code == 422
    assert "Activate it first" in refused.content.decode()


def test_a_search_is_no_choice_of_what_goes_out_again(ada: Client) -> None:
    delivery = make_deliveries(make_webhook(), 1, status="failed")[0]
    ledger = reverse("webhooks_ui:delivery_list", args=[delivery.webhook_id])

    found = ada.get(ledger, {"q": delivery.pk}).content.decode()
    all_of_them = ada.get(ledger, {"status": "failed"}).content.decode()

    assert "take the search away first" in found
    assert _url(delivery.webhook) not in found
    assert f'href="{_url(delivery.webhook)}"' in all_of_them


def test_a_paused_webhook_is_refused_before_anything_is_counted(ada: Client) -> None:
    webhook = make_webhook(paused_at=LONG_AGO, failing_since=LONG_AGO)
    make_deliveries(webhook, 1, status="failed")

    page = ada.get(_url(webhook))

    assert "count" not in page.context
    assert "Resume it on its page" in page.content.decode()


@pytest.mark.parametrize(
    ("rate", "pace", "takes"),
    [
        (None, "6,000 a minute", "1 min"),
        (2, "2 a minute", "3 min"),
        (60_000, "6,000 a minute", "1 min"),
    ],
)
def test_the_time_it_takes_keeps_to_the_rate_of_the_webhook(
    ada: Client, rate: int | None, pace: str, takes: str
) -> None:
    webhook = make_webhook(max_per_minute=rate)
    make_deliveries(webhook, 5, status="failed")

    html = ada.get(_url(webhook)).content.decode()

    assert f"at most {pace}, which takes up to {takes} if" in html


def test_an_unusable_period_is_named_and_nothing_is_sent(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 1, status="failed")

    page = ada.get(_url(webhook), {"start": "soon"})
    refused = ada.post(_url(webhook), {"which": "failed", "start": "soon"})

    assert "count" not in page.context
    assert refused.status_code == 422
    assert "Give a date and time such as" in refused.content.decode()
    assert not Delivery.objects.pending().exists()


def test_a_state_that_is_none_is_refused(ada: Client) -> None:
    webhook = make_webhook()
    make_deliveries(webhook, 1, status="failed")

    refused = ada.post(_url(webhook), {"which": "everything"})

    assert refused.status_code == 422
    assert not Delivery.objects.pending().exists()


def _url(webhook: Webhook) -> str:
    return reverse("webhooks_ui:delivery_redeliver_many", args=[webhook.pk])


def _hidden(html: str) -> dict[str, str]:
    """Return the hidden fields of the form that is posted."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}
