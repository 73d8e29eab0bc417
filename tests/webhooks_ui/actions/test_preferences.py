"""How a person wants to be told, and what follows for what waits already."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.errors import ActionError, InvalidFieldError, LimitExceededError
from registry_ui.models import Notification
from tests.factories import make_model, make_user, make_version
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.receivers import Receiver, Reply
from tests.webhooks_ui.telling import ask, make_person, only_notice
from webhooks_ui.actions.notices import next_digest
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.actions.preferences import (
    Wishes,
    change_preferences,
    send_test,
    stop_mail,
)
from webhooks_ui.actions.testing import TESTS_A_MINUTE
from webhooks_ui.models import Channel, Notice, NotificationPreference

pytestmark = pytest.mark.django_db


def test_mail_once_a_day_holds_what_waits_and_at_once_lets_it_go(
    mail_server: MailServer, rui: User
) -> None:
    for _ in range(2):
        ask(version=make_version(model=make_model()))

    change_preferences(Wishes(mail="daily"), actor=rui)
    due = set(Notice.objects.values_list("is_digest", "due_at"))
    assert due == {(True, next_digest(timezone.now()))}
    assert send_notices(Channel.MAIL) == 0

    change_preferences(Wishes(mail="at_once"), actor=rui)
    assert send_notices(Channel.MAIL) == 1
    assert "2 requests" in mail_server.mail["Subject"]


def test_to_store_the_same_choice_again_changes_nothing_that_waits(rui: User) -> None:
    change_preferences(Wishes(mail="daily"), actor=rui)
    ask()
    before = only_notice().due_at

    change_preferences(Wishes(mail="daily", muted=["watching"]), actor=rui)

    assert only_notice().due_at == before


def test_who_stops_mail_gets_nothing_of_what_waits_either(
    mail_server: MailServer, rui: User
) -> None:
    ask()

    stop_mail(rui)

    assert only_notice().status == Notice.Status.NEEDLESS
    ask(version=make_version(model=make_model()))
    assert Notice.objects.count() == 1


def test_stopping_mail_leaves_chat_and_the_rest(open_loopback: None) -> None:
    rui = make_person("rui", chat_url="https://chat.example.com/x")
    ask()

    stop_mail(rui)

    held = NotificationPreference.objects.get(user=rui)
    assert (held.mail, held.is_chat_on) == ("never", True)
    (waiting,) = Notice.objects.pending()
    assert waiting.channel == Channel.CHAT


def test_a_chat_that_is_turned_off_gets_nothing_of_what_waits(
    open_loopback: None,
) -> None:
    rui = make_person("rui", mail="never", chat_url="https://chat.example.com/x")
    ask()

    change_preferences(Wishes(mail="never"), actor=rui)

    assert only_notice().status == Notice.Status.NEEDLESS
    assert NotificationPreference.objects.get(user=rui).chat_url


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"mail": "weekly"}, "mail"),
        ({"mail": "daily", "muted": ["nonsense"]}, "reasons"),
        ({"mail": "daily", "is_chat_on": True}, "chat_url"),
        ({"mail": "daily", "is_chat_on": True, "chat_url": ""}, "chat_url"),
        ({"mail": "daily", "chat_url": "https://127.0.0.1/x"}, "chat_url"),
        ({"mail": "daily", "chat_url": "ftp://chat.example.com/"}, "chat_url"),
        ({"mail": "daily", "chat_url": f"https://a.example/{'x' * 1000}"}, "chat_url"),
    ],
)
def test_what_will_not_do_is_refused_and_nothing_stored(
    rui: User, wishes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidFieldError) as refusal:
        change_preferences(Wishes(**wishes), actor=rui)

    assert refusal.value.field == field
    assert not NotificationPreference.objects.exists()


def test_a_test_goes_out_at_once_whatever_is_chosen(
    mail_server: MailServer, receiver: Receiver, open_loopback: None
) -> None:
    rui = make_person("rui", mail="never", chat_url=receiver.url)

    send_test(Channel.MAIL, actor=rui)
    send_test(Channel.CHAT, actor=rui)

    assert mail_server.mail["Subject"] == "[Signoff] A test"
    assert b"You asked for this test" in receiver.requests[0].body
    assert not Notification.objects.exists()


def test_tests_are_no_probe_of_other_machines(
    receiver: Receiver, open_loopback: None
) -> None:
    rui = make_person("rui", chat_url=receiver.url)
    for _ in range(TESTS_A_MINUTE):
        send_test(Channel.CHAT, actor=rui)

    with pytest.raises(LimitExceededError, match="within a minute"):
        send_test(Channel.CHAT, actor=rui)

    assert len(receiver.requests) == TESTS_A_MINUTE


def test_a_test_that_is_not_sent_says_why(
    mail_server: MailServer, receiver: Receiver, open_loopback: None, rui: User
) -> None:
    mail_server.stop()
    with pytest.raises(ActionError, match=r"not sent\. No connection"):
        send_test(Channel.MAIL, actor=rui)
    mail_server.start()
    with pytest.raises(ActionError, match="Store the address"):
        send_test(Channel.CHAT, actor=rui)
    with pytest.raises(ActionError, match="no mail address"):
        send_test(Channel.MAIL, actor=make_user())
    receiver.replies(Reply(404, b"no_service"))
    maya = make_person("maya", chat_url=receiver.url)
    with pytest.raises(ActionError, match="answered 404: no_service"):
        send_test(Channel.CHAT, actor=maya)
