"""Messages to chat leave by the same door as webhooks: the battery, once more."""

import pytest
from pytest_django import Settings

from registry_ui.errors import InvalidFieldError
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.http_client.battery import (
    ADDRESSES,
    ANSWERS,
    PUBLIC,
    REDIRECTS,
    SPELLINGS,
    URLS,
)
from tests.webhooks_ui.receivers import Receiver, Reply
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.actions.preferences import Wishes, change_preferences
from webhooks_ui.models import Channel, Notice, NotificationPreference

pytestmark = pytest.mark.django_db

NAME = "rebind.example.com"


@pytest.fixture
def hostile(internet: Internet, receiver: Receiver, settings: Settings) -> Receiver:
    """A receiver that answers at every address there is; http is allowed."""
    internet.everywhere = receiver.port
    internet.names["receiver.example.com"] = [[PUBLIC]]
    internet.names["localhost"] = internet.names["ip6-localhost"] = [["127.0.0.1"]]
    settings.WEBHOOK_ALLOW_HTTP = True
    return receiver


def test_no_address_of_the_battery_is_saved(
    internet: Internet, hostile: Receiver
) -> None:
    rui = make_person("rui")
    hosts = [f"http://{host}/services/T0" for host in [*ADDRESSES, *SPELLINGS]]
    urls = [url for url in URLS if url and not url.startswith("http://")]

    for url in [*hosts, *urls]:
        wishes = Wishes(mail="never", is_chat_on=True, chat_url=url)
        with pytest.raises(InvalidFieldError) as caught:
            change_preferences(wishes, actor=rui)
        assert caught.value.field == "chat_url"

    assert not NotificationPreference.objects.exclude(encrypted_chat_url="").exists()
    assert _calls(internet, hostile) == []


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_no_name_with_an_address_that_is_not_public_is_saved(
    answers: list[str], internet: Internet, hostile: Receiver
) -> None:
    internet.names[NAME] = [answers]
    wishes = Wishes(mail="never", is_chat_on=True, chat_url=f"http://{NAME}/")

    with pytest.raises(InvalidFieldError):
        change_preferences(wishes, actor=make_person("rui"))

    assert _calls(internet, hostile) == []


def test_no_address_of_the_battery_is_called(
    internet: Internet, hostile: Receiver
) -> None:
    hosts = [f"http://{host}/services/T0" for host in [*ADDRESSES, *SPELLINGS]]
    for number, url in enumerate(hosts):
        make_person(f"p{number}", mail="never", chat_url=url)  # around the action
    ask()

    assert send_notices(Channel.CHAT) == 0

    assert Notice.objects.exclude(error="").count() == len(hosts)
    assert _calls(internet, hostile) == []


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_name_that_turns_private_after_the_save_is_not_called(
    answers: list[str], internet: Internet, hostile: Receiver
) -> None:
    internet.names[NAME] = [[PUBLIC], answers]
    wishes = Wishes(mail="never", is_chat_on=True, chat_url=f"http://{NAME}/")
    change_preferences(wishes, actor=make_person("rui"))
    ask()

    send_notices(Channel.CHAT)

    notice = Notice.objects.get()
    assert notice.status == Notice.Status.FAILED
    assert "is not a public address" in notice.error
    assert _calls(internet, hostile) == []


@pytest.mark.parametrize("target", REDIRECTS)
def test_no_redirect_leads_anywhere(
    target: str, internet: Internet, hostile: Receiver
) -> None:
    hostile.replies(Reply(307, b"", {"Location": target}))
    make_person("rui", mail="never", chat_url="http://receiver.example.com/T0")
    ask()

    send_notices(Channel.CHAT)

    assert internet.dialled == [PUBLIC]
    assert [request.path for request in hostile.requests] == ["/T0"]


def _calls(internet: Internet, hostile: Receiver) -> list[str]:
    """Return who was called: addresses that were dialled, paths that were asked for."""
    return [*internet.dialled, *(request.path for request in hostile.requests)]
