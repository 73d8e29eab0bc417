"""The ledger's pages."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_user
from tests.webhooks_ui.factories import make_delivery, make_webhook
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser in which an administrator is signed in."""
    client.force_login(make_user(is_superuser=True))
    return client


def test_a_delivery_shows_what_was_sent_and_what_came_back(ada: Client) -> None:
    delivery = make_delivery(
        payload=b'{"text":"<b>bold</b>"}', status=Delivery.Status.FAILED
    )
    _attempt(delivery, 1, 500, "<script>oops</script>")
    _attempt(delivery, 2, None, "", error="The name does not resolve.")

    html = ada.get(delivery.get_absolute_url()).content.decode()

    assert "HTTP 500" in html
    assert "&lt;script&gt;oops" in html
    assert "<script>oops" not in html
    assert "The name does not resolve." in html
    assert "&lt;b&gt;bold" in html


def test_a_pending_delivery_looks_again_by_itself(ada: Client) -> None:
    pending = make_delivery()
    settled = make_delivery(status=Delivery.Status.SUCCEEDED)

    htmx = {"HX-Request": "true"}
    part = ada.get(pending.get_absolute_url(), headers=htmx).content.decode()
    still = ada.get(settled.get_absolute_url(), headers=htmx).content.decode()

    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    assert "hx-trigger" not in still


def test_redelivery_is_a_button_that_works_without_javascript(ada: Client) -> None:
    delivery = make_delivery(status=Delivery.Status.FAILED)

    page = ada.post(_redeliver_url(delivery), follow=True)

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert "sent again" in page.content.decode()


def test_a_redelivery_that_is_refused_says_why(ada: Client) -> None:
    delivery = make_delivery(webhook=make_webhook(status="DISABLED"))

    page = ada.post(_redeliver_url(delivery), follow=True)

    assert "Activate it first" in page.content.decode()


def test_the_ledger_is_filtered_and_paged_in_few_queries(
    ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    webhook = make_webhook()
    for _ in range(60):
        make_delivery(webhook=webhook, status=Delivery.Status.FAILED)
    make_delivery(webhook=webhook)
    url = reverse("webhooks_ui:delivery_list", args=[webhook.pk])

    with django_assert_max_num_queries(9):
        first = ada.get(url, {"status": "failed"}, headers={"HX-Request": "true"})
    second = ada.get(url, {"status": "failed", "page": "2"})
    unknown = ada.get(url, {"status": "lost", "page": "x"})

    assert first.context["page"].paginator.count == 60
    assert len(second.context["page"]) == 10
    assert unknown.context["page"].paginator.count == 61


def test_a_delivery_is_found_only_below_its_own_webhook(ada: Client) -> None:
    delivery, other = make_delivery(), make_webhook()

    path = reverse("webhooks_ui:delivery_detail", args=[other.pk, delivery.pk])

    assert ada.get(path).status_code == 404


def test_somebody_elses_delivery_is_not_found(client: Client) -> None:
    delivery = make_delivery(status=Delivery.Status.FAILED)
    client.force_login(make_user())

    assert client.get(delivery.get_absolute_url()).status_code == 404
    assert client.post(_redeliver_url(delivery)).status_code == 404


def test_the_admin_panel_finds_a_delivery_and_changes_nothing(
    client: Client, admin_user: User
) -> None:
    client.force_login(admin_user)
    delivery = make_delivery()
    changelist = reverse("admin:webhooks_ui_delivery_changelist")

    found = client.get(changelist, {"q": delivery.pk})
    change = reverse("admin:webhooks_ui_delivery_change", args=[delivery.pk])
    refused = client.post(change, {"status": "succeeded"})

    assert delivery.pk in found.content.decode()
    assert refused.status_code == 403


def _redeliver_url(delivery: Delivery) -> str:
    return reverse(
        "webhooks_ui:delivery_redeliver", args=[delivery.webhook_id, delivery.pk]
    )


def _attempt(
    delivery: Delivery, number: int, status: int | None, body: str, error: str = ""
) -> None:
    DeliveryAttempt.objects.create(
        delivery=delivery,
        number=number,
        trigger=Trigger.AUTO,
        started_at=timezone.now(),
        url=delivery.webhook.url,
        request_headers={"webhook-id": delivery.pk},
        status_code=status,
        response_body=body,
        error=error,
    )
