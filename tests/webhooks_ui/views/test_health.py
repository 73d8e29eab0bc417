"""Charts of a webhook, and its health in the list."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_user
from tests.webhooks_ui.factories import make_attempt, make_delivery, make_webhook
from webhooks_ui.models import Webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    """A browser in which an administrator is signed in."""
    client.force_login(make_user(is_superuser=True))
    return client


def test_a_webhook_shows_rate_and_latency_with_the_numbers_beside(ada: Client) -> None:
    webhook = _webhook_with_attempts()

    html = ada.get(webhook.get_absolute_url()).content.decode()

    assert "75.0 %" in html
    assert "3 succeeded, 1 failed" in html
    assert "median 20 ms, 95 of 100 within 900 ms" in html
    assert "Table of attempts by time" in html


def test_a_webhook_without_attempts_says_so(ada: Client) -> None:
    html = ada.get(make_webhook().get_absolute_url()).content.decode()

    assert "No attempts in this period" in html
    assert '<svg class="plot"' not in html


def test_another_period_is_swapped_in_or_followed_as_a_link(ada: Client) -> None:
    webhook = _webhook_with_attempts(timezone.now() - timedelta(days=3))
    url = reverse("webhooks_ui:webhook_health", args=[webhook.pk])

    part = ada.get(url, {"period": "7d"}, headers={"HX-Request": "true"})
    linked = ada.get(url, {"period": "7d"})
    day = ada.get(url, {"period": "fortnight"}, headers={"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    assert "75.0 %" in part.content.decode()
    assert linked["Location"] == f"{webhook.get_absolute_url()}?period=7d#health"
    assert "No attempts in this period" in day.content.decode()


def test_receivers_that_never_answered_have_no_latency(ada: Client) -> None:
    delivery = make_delivery()
    make_attempt(delivery, status_code=None, started_at=timezone.now())

    html = ada.get(delivery.webhook.get_absolute_url()).content.decode()

    assert "attempts-chart" in html
    assert "latency-chart" not in html


def test_the_list_tells_the_health_of_all_in_as_many_queries_as_of_one(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = reverse("webhooks_ui:webhook_list")
    htmx = {"HX-Request": "true"}
    _webhook_with_attempts()
    with django_assert_num_queries(9):
        ada.get(url, headers=htmx)
    for _ in range(5):
        _webhook_with_attempts()
    make_webhook()

    with django_assert_num_queries(9):
        html = ada.get(url, headers=htmx).content.decode()

    assert html.count("75.0 % of 4 attempts succeeded in 24 hours") == 6
    assert html.count("nothing sent in 24 hours") == 1


def _webhook_with_attempts(at: datetime | None = None) -> Webhook:
    """Make a webhook that took three attempts and refused one."""
    delivery = make_delivery()
    answers = ((200, 15), (200, 25), (204, 20), (500, 900))
    for number, (status, duration) in enumerate(answers, 1):
        make_attempt(
            delivery,
            number=number,
            status_code=status,
            duration_ms=duration,
            started_at=at or timezone.now(),
        )
    return delivery.webhook
