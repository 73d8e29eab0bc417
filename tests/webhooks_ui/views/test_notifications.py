"""The page of how one is told, and the link that ends mail."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.factories import make_user
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.models import Channel, NotificationPreference
from webhooks_ui.signing import unsubscribe_token

pytestmark = pytest.mark.django_db

PAGE = "/account/notifications/"
CHOICES = {
    "reasons": ["needs_you", "yours"],
    "mail": "daily",
    "chat": "off",
    "chat_url": "",
}


@pytest.fixture
def rui(client: Client) -> User:
    """Return a reviewer; the client is theirs."""
    user = make_person("rui")
    client.force_login(user)
    return user


def page(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def link_of(user: User) -> str:
    return f"/unsubscribe/{unsubscribe_token(user)}/"


def test_who_never_chose_gets_mail_at_once_for_every_reason(
    client: Client, rui: User, mail_server: MailServer
) -> None:
    text = page(client)

    assert text.count('name="reasons"') == 6
    assert text.count(" checked") == 6 + 2
    assert "rui@example.com" in text
    assert "<dd>At once</dd>" in client.get("/account/").content.decode()


def test_choices_are_stored_and_shown(client: Client, rui: User) -> None:
    response = client.post(PAGE, CHOICES, follow=True)

    assert "Stored." in response.content.decode()
    held = NotificationPreference.objects.get(user=rui)
    assert held.mail == "daily"
    assert held.muted == ["mentioned", "watching", "reminder", "webhook"]
    assert response.content.decode().count(" checked") == 2 + 2


def test_the_address_of_the_chat_goes_in_and_never_out(
    client: Client, rui: User
) -> None:
    secret = "https://chat.example.com/hooks/hush"  # noqa: S105 - invented

    client.post(PAGE, CHOICES | {"chat": "at_once", "chat_url": secret})
    assert "hush" not in page(client)
    client.post(PAGE, CHOICES | {"chat": "at_once"})
    assert NotificationPreference.objects.get().chat_url == secret
    client.post(PAGE, CHOICES | {"removes_chat_url": "on"})

    assert NotificationPreference.objects.get().chat_url == ""


def test_an_address_that_must_not_be_called_is_refused_beside_its_field(
    client: Client, rui: User
) -> None:
    typed = CHOICES | {"chat": "at_once", "chat_url": "https://10.0.0.1/x"}

    response = client.post(PAGE, typed)

    assert response.status_code == 422
    assert "not a public address" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_without_a_mail_server_the_page_says_so(
    client: Client, rui: User, settings: Settings
) -> None:
    settings.HAS_MAIL_SERVER = False
    assert "No mail server is configured." in page(client)
    settings.HAS_MAIL_SERVER = True
    assert "No mail server is configured." not in page(client)


def test_without_an_address_the_page_says_whom_to_ask(client: Client) -> None:
    client.force_login(make_user())

    assert "An administrator can add one." in page(client)


def test_the_page_says_that_mail_does_not_arrive_and_why(
    client: Client, rui: User, mail_server: MailServer
) -> None:
    mail_server.stop()
    ask()
    send_notices(Channel.MAIL)

    assert "Mail does not reach you." in page(client)
    assert "connection refused" in page(client)
    mail_server.start()


def test_the_test_says_what_came_of_it(
    client: Client, rui: User, mail_server: MailServer
) -> None:
    sent = client.post(f"{PAGE}test/mail/", follow=True).content.decode()
    assert "The mail server took the test." in sent
    mail_server.stop()
    failed = client.post(f"{PAGE}test/mail/", follow=True).content.decode()
    assert "The test was not sent." in failed
    mail_server.start()
    assert client.get(f"{PAGE}test/pigeon/").status_code == 404


def test_to_follow_the_link_changes_nothing_to_press_the_button_does(
    client: Client, rui: User
) -> None:
    client.logout()

    asked = client.get(link_of(rui))
    assert "Stop mail to rui?" in asked.content.decode()
    assert not NotificationPreference.objects.exists()

    done = client.post(link_of(rui))
    assert "Done: Signoff sends no more mail" in done.content.decode()
    assert NotificationPreference.objects.get(user=rui).mail == "never"
    assert "sends no mail to this account" in client.get(link_of(rui)).content.decode()


def test_a_link_is_of_one_person_and_cannot_be_made_up(
    client: Client, rui: User
) -> None:
    maya = make_person("maya")
    forged = link_of(rui).replace(f"/{rui.pk}.", f"/{maya.pk}.")

    assert client.post(forged).status_code == 404
    assert not NotificationPreference.objects.exists()
