"""The ledger's pages."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_model, make_user, make_version
from tests.webhooks_ui.factories import (
    make_deliveries,
    make_delivery,
    make_event,
    make_webhook,
)
from webhooks_ui.models import Delivery, DeliveryAttempt, EventName, Trigger, Webhook
from webhooks_ui.models.deliveries import first_delivery_id

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


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


def test_a_delivery_says_what_it_is_about_and_each_attempt_how_it_ended(
    ada: Client,
) -> None:
    event = make_event(version=make_version(model=make_model(name="churn")))
    delivery = make_delivery(event=event, status=Delivery.Status.FAILED)
    _attempt(delivery, 1, None, "", error="The name does not resolve.")
    _attempt(delivery, 2, 500, "")

    html = ada.get(delivery.get_absolute_url()).content.decode()

    about = html.partition("<dt>About</dt>")[2].partition("</dd>")[0]
    first = html.rpartition("<summary>")[2].partition("</summary>")[0]
    assert "churn" in about
    assert "v1" in about
    assert "#1" in first
    assert "The name does not resolve." in first


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
    make_deliveries(webhook, 60, status=Delivery.Status.FAILED)
    make_delivery(webhook=webhook)

    with django_assert_max_num_queries(10):
        first = ada.get(_list_url(webhook), {"status": "failed"}, headers=HTMX)
    second = ada.get(first.context["links"].next.replace("?", f"{_list_url(webhook)}?"))
    unknown = ada.get(_list_url(webhook), {"status": "lost", "after": "x"})

    assert first.context["page"].count == 60
    assert len(first.context["rows"]) == 50
    assert len(second.context["rows"]) == 10
    assert unknown.context["page"].count == 61


def test_the_ledger_of_ten_thousand_costs_no_more_queries_than_that_of_three(
    ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = make_webhook(), make_webhook()
    make_deliveries(few, 3)
    make_deliveries(many, 10_000)

    with CaptureQueriesContext(connection) as of_few:
        ada.get(_list_url(few), headers=HTMX)
    with django_assert_max_num_queries(len(of_few)):
        page = ada.get(_list_url(many), headers=HTMX)

    html = page.content.decode()
    assert "More than 1,000 deliveries" in html
    assert html.count("data-status=") == 50


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"event": "MODEL_VERSION_TAG_SET"}, {"tag"}),
        ({"period": "hour"}, {"tag", "version"}),
        ({"period": "day"}, {"tag", "version", "old"}),
        ({"start": "2026-03-01T00:00", "end": "2026-03-02T00:00"}, {"march"}),
        ({"q": "churn"}, {"version", "march"}),
        ({"q": "churn v2"}, {"march"}),
        ({"q": "hur"}, {"version", "march"}),
        ({"q": "nothing of that name"}, set()),
    ],
)
def test_the_ledger_is_filtered_by_event_period_and_text(
    ada: Client, query: dict[str, str], expected: set[str]
) -> None:
    webhook = make_webhook()
    model = make_model(name="churn")
    one, two = make_version(model=model), make_version(model=model)
    now = timezone.now()
    made = {
        "tag": make_delivery(
            webhook=webhook, event_name=EventName.MODEL_VERSION_TAG_SET
        ),
        "version": make_delivery(webhook=webhook, event=make_event(version=one)),
        "old": make_delivery(webhook=webhook, pk=_id_at(now - timedelta(hours=5))),
        "march": make_delivery(
            webhook=webhook,
            pk=_id_at(datetime(2026, 3, 1, 12, tzinfo=UTC)),
            event=make_event(version=two),
        ),
    }

    page = ada.get(_list_url(webhook), query)

    found = {delivery.pk for delivery, _ in page.context["rows"]}
    assert found == {made[name].pk for name in expected}


def test_a_delivery_is_found_by_the_begin_of_its_id(ada: Client) -> None:
    webhook = make_webhook()
    wanted = make_delivery(webhook=webhook)
    make_delivery(webhook=webhook, pk=_id_at(timezone.now() - timedelta(days=3)))

    page = ada.get(_list_url(webhook), {"q": wanted.pk[:16].upper()})

    assert [delivery.pk for delivery, _ in page.context["rows"]] == [wanted.pk]


def test_the_ledger_says_what_came_back_last(ada: Client) -> None:
    delivery = make_delivery(attempt_count=2)
    _attempt(delivery, 1, 500, "")
    _attempt(delivery, 2, None, "", error="The name does not resolve.")

    html = ada.get(_list_url(delivery.webhook)).content.decode()

    assert "The name does not resolve." in html
    assert "HTTP 500" not in html


def test_an_unusable_moment_is_named_and_counts_as_not_given(ada: Client) -> None:
    delivery = make_delivery()

    bad = ada.get(_list_url(delivery.webhook), {"start": "yesterday"})
    turned = ada.get(
        _list_url(delivery.webhook),
        {"start": "2026-03-02T00:00", "end": "2026-03-01T00:00"},
    )

    assert "Give a date and time such as" in bad.content.decode()
    assert "lies after the start" in turned.content.decode()


def test_an_empty_ledger_says_why(ada: Client) -> None:
    webhook = make_webhook()

    none_yet = ada.get(_list_url(webhook)).content.decode()
    none_matching = ada.get(_list_url(webhook), {"status": "failed"}).content.decode()

    assert "Nothing sent yet" in none_yet
    assert "No delivery matches" in none_matching


def test_a_delivery_says_who_had_it_sent_again(client: Client) -> None:
    rui = make_user(full_name="Rui Tanaka", is_superuser=True)
    client.force_login(rui)
    delivery = make_delivery(status=Delivery.Status.FAILED)
    client.post(_redeliver_url(delivery))

    html = client.get(delivery.get_absolute_url()).content.decode()

    assert "Sent again by" in html
    assert "Rui Tanaka" in html


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


def _list_url(webhook: Webhook) -> str:
    return reverse("webhooks_ui:delivery_list", args=[webhook.pk])


def _id_at(moment: datetime) -> str:
    return first_delivery_id(moment)[:-4] + secrets.token_hex(2)


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
