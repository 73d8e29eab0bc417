"""Messages to chat, sent to real receivers."""

import json

import pytest
from pytest_django import Settings

from tests.factories import make_model, make_user, make_version
from tests.webhooks_ui.receivers import Receiver, Reply
from tests.webhooks_ui.telling import ask, let_pass, make_person, only_notice
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.models import Channel, Notice, NotificationPreference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


def send() -> int:
    return send_notices(Channel.CHAT)


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(request.body)["text"] for request in receiver.requests]


def test_a_message_says_what_mail_says_in_slacks_form(receiver: Receiver) -> None:
    make_person("rui", mail="never", chat_url=receiver.url)
    request = ask(why="Better.\nSee run 7.")

    assert send() == 1

    (text,) = texts(receiver)
    page = f"http://127.0.0.1:8000/requests/{request.number}/"
    assert text == (
        f"*<{page}|{request}>* needs your review\n"
        "Dana Ferrari asked to move churn v1 to Production\n"
        "> Better.\n> See run 7."
    )
    (sent,) = receiver.requests
    assert sent.headers["Content-Type"].startswith("application/json")
    assert only_notice().status == Notice.Status.SENT


def test_other_peoples_words_link_and_call_nobody(receiver: Receiver) -> None:
    make_person("rui", chat_url=receiver.url)
    actor = make_user(full_name="<http://evil|Ada>\u202e")
    version = make_version(model=make_model(name="a>*b"))
    actor.model_permissions.create(level=1, model=version.model)

    ask(actor, version=version, why="<!channel> @here &lt;")
    send()

    (text,) = texts(receiver)
    assert "|#" in text
    assert text.count("<") == 1
    assert "&lt;!channel&gt; @\u200bhere &amp;lt;" in text
    assert "&lt;http://evil|Ada&gt;[U+202E]" in text


def test_a_chat_that_answers_no_is_asked_again_and_in_words(
    receiver: Receiver,
) -> None:
    receiver.replies(Reply(500, b"rollup_error"), Reply())
    make_person("rui", mail="never", chat_url=receiver.url)
    ask()

    assert send() == 0
    assert only_notice().error == "The chat answered 500: rollup_error"
    let_pass(minutes=2)
    assert send() == 1


def test_a_chat_that_is_gone_is_not_asked_again(receiver: Receiver) -> None:
    receiver.replies(Reply(410, b"channel_is_archived"))
    make_person("rui", mail="never", chat_url=receiver.url)
    ask()

    send()

    assert only_notice().status == Notice.Status.FAILED


def test_what_a_chat_answers_never_repeats_the_address_that_is_its_key(
    receiver: Receiver,
) -> None:
    address = f"{receiver.url}/T0/canary"
    receiver.replies(Reply(302, b"", {"Location": f"{address}?again"}))
    make_person("rui", mail="never", chat_url=address)
    ask()

    send()

    assert "redirects are not followed" in only_notice().error
    assert "canary" not in only_notice().error


def test_an_address_that_must_not_be_called_is_not(
    receiver: Receiver, settings: Settings
) -> None:
    make_person("rui", mail="never", chat_url=receiver.url)
    ask()
    settings.WEBHOOK_ALLOWED_NETWORKS = []

    assert send() == 0

    assert not receiver.requests
    notice = only_notice()
    assert notice.status == Notice.Status.FAILED
    assert "not a public address" in notice.error


def test_the_address_is_stored_encrypted_and_is_of_its_row(
    receiver: Receiver,
) -> None:
    rui = make_person("rui", mail="never", chat_url=receiver.url)
    maya = make_person("maya", mail="never", chat_url="https://chat.example.com/m")
    stored = NotificationPreference.objects.get(user=rui).encrypted_chat_url
    assert "127.0.0.1" not in stored
    NotificationPreference.objects.filter(user=maya).update(encrypted_chat_url=stored)

    ask()

    assert send() == 1
    assert "changed or moved" in Notice.objects.get(user=maya).error
    assert len(receiver.requests) == 1
