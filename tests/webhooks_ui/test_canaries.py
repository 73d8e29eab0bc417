"""Credentials show nowhere: not in pages, logs, errors, the record, dumps, the ledger.

Each is a word that occurs nowhere else. The receivers are such as repeat all they get.
"""

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from registry_ui.models import AuditEvent
from tests.factories import make_user, make_version
from tests.webhooks_ui.factories import make_event, make_move_to_production
from tests.webhooks_ui.receivers import Received, Receiver, Reply
from tests.webhooks_ui.telling import ask
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.actions.preferences import Wishes, change_preferences
from webhooks_ui.actions.testing import send_test
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import create_webhook, update_webhook
from webhooks_ui.http_client import Outgoing
from webhooks_ui.models import (
    Channel,
    Delivery,
    DeliveryAttempt,
    EventName,
    Notice,
    Webhook,
    WebhookSecret,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

SECRET = "canary-of-a-secret"  # noqa: S105 - of a test
TOKEN = "canary/of+a/token=="  # noqa: S105 - of a test
CHAT = "canary/of/a/chat"
CANARY = "canary"


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email="ada@example.com", is_superuser=True)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that is logged, by anybody, at any level."""
    caplog.set_level(logging.DEBUG)
    return caplog


class Echo:
    """Answers with everything it got, in the body and in a redirect."""

    def __init__(self, status: int) -> None:
        self.status = status

    def __call__(self, received: Received) -> Reply:
        """Repeat path and headers."""
        token = received.headers.get("Authorization", "none")
        plain = f"{received.path}\n{received.headers}"
        escaped = plain.replace("/", r"\/")  # as PHP's `json_encode` writes it
        said = f"{plain}\n{escaped}\n{quote(token, safe='')}\n"
        said += f"{' ' * (4090 - len(said))}{token}"  # where an answer is cut off
        location = f"https://elsewhere.example.com{received.path}?token={token}"
        return Reply(
            self.status, said.encode(), {"Location": location, "X-Request-Id": token}
        )


def fill(ada: User, receiver: Receiver) -> Webhook:
    """Make a webhook and a chat with credentials, by the actions."""
    webhook = create_webhook(
        WebhookInput(
            url=receiver.url,
            events=EventName.values,
            secret=SECRET,
            authorization=f"Bearer {TOKEN}",
        ),
        actor=ada,
        model=None,
    )
    chat = f"{receiver.url}/{CHAT}"
    change_preferences(Wishes(mail="never", is_chat_on=True, chat_url=chat), actor=ada)
    return webhook


def live_through_it(webhook: Webhook, ada: User, receiver: Receiver) -> None:
    """Have deliveries, a test and messages end in every way there is."""
    for status in (200, 301, 404, 500):
        receiver.answer = Echo(status)
        ask(version=make_version())
        make_move_to_production()
        drain_deliveries()
        send_notices(Channel.CHAT)
        send_test(webhook, actor=ada)
    given = WebhookInput(
        url=webhook.url, events=webhook.events, secret=f"{SECRET}-2", description="New"
    )
    update_webhook(webhook, given, actor=ada)


def addresses(webhook: Webhook) -> Iterator[str]:
    """Yield every page that shows something of it."""
    yield from ("/", "/webhooks/", "/audit/", "/account/", "/account/notifications/")
    page = webhook.get_absolute_url()
    yield from (page, f"{page}edit/", f"{page}delete/", f"{page}deliveries/")
    for delivery in Delivery.objects.all():
        yield delivery.get_absolute_url()
        yield f"/admin/webhooks_ui/delivery/{delivery.pk}/change/"
    for event in AuditEvent.objects.all():
        yield f"/audit/{event.position}/"
    for name in ("webhook", "delivery", "notice"):
        yield f"/admin/webhooks_ui/{name}/"
    yield f"/admin/webhooks_ui/webhook/{webhook.pk}/change/"
    for notice in Notice.objects.all():
        yield f"/admin/webhooks_ui/notice/{notice.pk}/change/"


def pages(client: Client, webhook: Webhook) -> dict[str, str]:
    """Return the text of each page."""
    texts = {}
    for address in addresses(webhook):
        response = client.get(address)
        assert response.status_code == 200, address
        texts[address] = response.content.decode()
    return texts


def test_credentials_show_on_no_page_and_in_no_log(
    ada: User, client: Client, receiver: Receiver, log: pytest.LogCaptureFixture
) -> None:
    webhook = fill(ada, receiver)
    live_through_it(webhook, ada, receiver)
    client.force_login(ada)

    shown = pages(client, webhook)

    sent = "".join(f"{one.path} {one.headers}" for one in receiver.requests)
    assert TOKEN in sent
    assert CHAT in sent
    assert [address for address, text in shown.items() if CANARY in text] == []
    assert CANARY not in log.text


def test_credentials_are_neither_on_record_nor_in_the_ledger_nor_in_a_dump(
    ada: User, receiver: Receiver
) -> None:
    live_through_it(fill(ada, receiver), ada, receiver)

    out = io.StringIO()
    call_command("dumpdata", stdout=out)

    assert AuditEvent.objects.filter(type__startswith="webhook.").count() > 4
    assert DeliveryAttempt.objects.exclude(response_body="").exists()
    assert CANARY not in out.getvalue()


def test_a_key_that_is_lost_is_told_without_what_it_encrypted(
    ada: User,
    client: Client,
    receiver: Receiver,
    settings: Settings,
    log: pytest.LogCaptureFixture,
) -> None:
    webhook = fill(ada, receiver)
    sealed = WebhookSecret.objects.get().encrypted_value
    settings.ENCRYPTION_KEYS = ["another key than the one of before"]
    make_event()
    ask()
    drain_deliveries()
    send_notices(Channel.CHAT)
    client.force_login(ada)
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("rotate_keys", stdout=out, stderr=out)
    tested = client.post(f"{webhook.get_absolute_url()}test/").content.decode()

    said = [*pages(client, webhook).values(), tested, out.getvalue(), log.text]
    assert "is not among SIGNOFF_ENCRYPTION_KEYS" in tested
    assert [text for text in said if CANARY in text or sealed in text] == []
    assert receiver.requests == []


def test_what_holds_credentials_does_not_show_them_when_it_is_printed(
    ada: User, receiver: Receiver
) -> None:
    webhook = fill(ada, receiver)
    preference = ada.notification_preference
    holders = [
        webhook,
        preference,
        WebhookInput(url="u", events=[], secret=SECRET, authorization=TOKEN),
        Wishes(mail="never", chat_url=CHAT),
        Outgoing("1", "1", "u", {"Authorization": TOKEN}, b""),
    ]

    assert CANARY not in "".join(f"{holder!r} {holder!s}" for holder in holders)
