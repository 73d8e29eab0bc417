"""Webhooks and their deliveries over our own API."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import Level
from tests.factories import grant, make_model, make_user
from tests.registry_ui.api.conftest import caller
from tests.webhooks_ui.factories import (
    make_attempt,
    make_deliveries,
    make_delivery,
    make_webhook,
)
from webhooks_ui.models import Delivery, Webhook

URL = "/api/v1/webhooks"
SECRET = "s3cret-of-churn"  # noqa: S105 - of no receiver


@pytest.fixture
def webhook(db: None) -> Webhook:
    return make_webhook(model=make_model(name="churn"), secret=SECRET)


@pytest.fixture
def manager(webhook: Webhook) -> User:
    user = make_user(username="mona")
    assert webhook.model
    grant(user, Level.CAN_MANAGE, webhook.model)
    return user


@pytest.fixture
def client(manager: User) -> Client:
    return caller(manager)


def _of(delivery: Delivery, path: str = "") -> str:
    return f"{URL}/{delivery.webhook_id}/deliveries/{delivery.pk}{path}"


def test_one_reads_the_webhooks_that_one_manages(
    client: Client, webhook: Webhook
) -> None:
    hidden = make_webhook()

    (listed,) = client.get(URL, {"model": "churn"}).json()["webhooks"]

    assert client.get(f"{URL}/{webhook.pk}").json() == listed
    assert (listed["id"], listed["model"]) == (webhook.pk, "churn")
    assert listed["is_signed"] is True
    assert SECRET not in str(listed)
    assert client.get(f"{URL}/{hidden.pk}").status_code == 404
    assert client.get(URL, {"status": "DISABLED"}).json()["webhooks"] == []


def test_deliveries_are_listed_newest_first_a_page_at_a_time(
    client: Client, webhook: Webhook
) -> None:
    made = [one.pk for one in make_deliveries(webhook, 3)]
    address = f"{URL}/{webhook.pk}/deliveries"

    first = client.get(address, {"limit": 2}).json()
    second = client.get(address, {"limit": 2, "cursor": first["next_cursor"]}).json()

    listed = [one["id"] for one in first["deliveries"] + second["deliveries"]]
    assert listed == sorted(made, reverse=True)
    assert client.get(address, {"status": "failed"}).json()["deliveries"] == []


def test_a_delivery_shows_what_is_sent_and_what_came_back(
    client: Client, webhook: Webhook
) -> None:
    delivery = make_delivery(webhook=webhook, payload='{"a":"ü"}'.encode())
    make_attempt(delivery, status_code=None, error="No answer within 10 s.")
    make_attempt(delivery, number=2, status_code=503)

    found = client.get(_of(delivery)).json()
    attempts = client.get(_of(delivery, "/attempts")).json()["attempts"]

    assert found["payload"] == '{"a":"ü"}'
    assert [(one["number"], one["status_code"]) for one in attempts] == [
        (2, 503),
        (1, None),
    ]
    assert attempts[1]["error"] == "No answer within 10 s."


def test_a_delivery_is_sent_again(
    client: Client, webhook: Webhook, manager: User
) -> None:
    delivery = make_delivery(webhook=webhook, status="failed")

    answer = client.post(_of(delivery, "/redeliver"), content_type="application/json")

    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "pending"
    assert answer.json()["redelivered_by"] == manager.username


def test_a_delivery_of_an_inactive_webhook_is_not(
    client: Client, webhook: Webhook
) -> None:
    delivery = make_delivery(webhook=webhook)
    Webhook.objects.update(status="DISABLED")

    answer = client.post(_of(delivery, "/redeliver"), content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Only an active webhook is called")


@pytest.mark.parametrize("webhook_id", ["x", "%00", "%ED%A0%80", "a" * 5000])
def test_an_id_that_is_none_is_refused(client: Client, webhook_id: str) -> None:
    answer = client.get(f"{URL}/{webhook_id}")

    assert answer.status_code in (400, 404)
    assert answer.json()["error_code"]
