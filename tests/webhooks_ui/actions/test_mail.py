"""What mail says and how it is addressed; sent to a real mail server."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from registry_ui.actions.comments import create_comment, delete_comment
from registry_ui.actions.reviews import review_request
from registry_ui.actions.watching import watch_model
from registry_ui.models import Level, Review
from tests.factories import make_model, make_user, make_version
from tests.webhooks_ui.mail_server import MailServer, html_of, text_of
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.models import Channel, Notice, NotificationPreference

pytestmark = pytest.mark.django_db


def test_a_reviewer_reads_who_asks_for_what_why_and_where_to_decide(
    mail_server: MailServer, settings: Settings, rui: User
) -> None:
    settings.BASE_URL = "https://signoff.example.com"
    request = ask(why="Better on every metric.\nSee run 7.")

    assert send_notices(Channel.MAIL) == 1

    mail = mail_server.mail
    assert mail_server.recipients == [["rui@example.com"]]
    number = request.number
    assert mail["To"] == "rui@example.com"
    assert mail["Subject"] == (
        f"[Signoff] #{number} churn v1 to Production needs your review"
    )
    text = text_of(mail)
    assert "Dana Ferrari asked to move churn v1 to Production\n> Better" in text
    assert "\n> See run 7.\n" in text
    page = f"https://signoff.example.com/requests/{number}/"
    assert f"Look and decide: {page}" in text
    assert "You get this because your review is needed." in text
    assert f'<a href="{page}">' in html_of(mail)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_rejection_has_the_reviewers_reason(
    mail_server: MailServer, rui: User
) -> None:
    dana = make_person("dana", level=Level.CAN_EDIT)
    request = ask(dana)
    long = f"Fails on new customers. {'x' * 1000} That is all."

    review_request(request, Review.Decision.REJECT, actor=rui, seen=None, comment=long)
    send_notices(Channel.MAIL)

    assert mail_server.recipients == [["dana@example.com"]]
    mail = mail_server.mail
    assert mail["Subject"] == f"[Signoff] {request} was rejected by rui"
    assert f"> {long}" in text_of(mail).replace("=\n", "")
    assert "You get this because it is your request." in text_of(mail)


def test_mails_of_one_request_are_one_thread(
    mail_server: MailServer, rui: User
) -> None:
    request = ask()
    send_notices(Channel.MAIL)
    other = make_user(level=Level.CAN_READ)
    create_comment(request.version, "And @rui?", actor=other, request=request)
    send_notices(Channel.MAIL)
    ask(version=make_version(model=make_model()))
    send_notices(Channel.MAIL)

    first, second, another = mail_server.mails
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert another["References"] != first["References"]
    ids = {mail["Message-ID"] for mail in mail_server.mails}
    assert len(ids) == 3
    for message_id in [*ids, first["References"]]:
        assert re.fullmatch(r"<[0-9a-f]{24}@[\w.]+>", message_id)


def test_the_link_to_unsubscribe_works_with_one_click_and_no_sign_in(
    mail_server: MailServer, client: Client, rui: User
) -> None:
    ask()
    send_notices(Channel.MAIL)

    mail = mail_server.mail
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip(" <>")
    assert link in text_of(mail)
    assert link in html_of(mail)
    # What a mail program sends (RFC 8058, section 3.2).
    answer = Client(enforce_csrf_checks=True).post(
        link, {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    assert NotificationPreference.objects.get().mail == "never"


def test_other_peoples_words_end_no_header_and_are_no_markup(
    mail_server: MailServer, rui: User
) -> None:
    hostile = "<b>bold</b>\r\nBcc: all@example.com\r\n\r\n.\r\nhi"
    actor = make_user(full_name="Eve\u2028Bcc: \u202eall@example.com")
    watch_version = make_version(model=make_model(name="<i>x\nBcc: y@example.com"))
    watch_model(watch_version.model, actor=rui)
    actor.model_permissions.create(level=Level.CAN_READ, model=watch_version.model)

    ask(actor, version=watch_version, why=hostile)
    send_notices(Channel.MAIL)
    create_comment(watch_version, hostile, actor=actor)
    send_notices(Channel.MAIL)

    assert mail_server.recipients == [["rui@example.com"]] * 2
    for mail in mail_server.mails:
        assert mail["Bcc"] is None
        assert mail["Subject"].isprintable()
        assert not mail.defects
        assert "> Bcc: all@example.com\n>\n> .\n> hi" in text_of(mail)
        html = html_of(mail)
        assert "&lt;b&gt;bold&lt;/b&gt;" in html
        assert "<b>" not in html
        assert "<i>" not in html
        assert "[U+202E]all@example.com" in html
        assert "[U+202E]all@example.com" in text_of(mail)


def test_a_comment_that_is_deleted_meanwhile_is_not_quoted(
    mail_server: MailServer, rui: User
) -> None:
    version = make_version()
    watch_model(version.model, actor=rui)
    author = make_user(level=Level.CAN_READ)
    comment = create_comment(version, "The password is hush.", actor=author)

    delete_comment(comment, actor=author)
    send_notices(Channel.MAIL)

    assert "hush" not in text_of(mail_server.mail)
    assert "commented on" in text_of(mail_server.mail)


def test_a_server_that_hangs_up_on_one_recipient_is_asked_again_for_the_next(
    mail_server: MailServer,
) -> None:
    people = [make_person(name) for name in ("aki", "maya", "rui")]
    mail_server.refused["aki@example.com"] = "421 4.7.28 Too fast"
    request = ask()

    send_notices(Channel.MAIL)

    assert mail_server.recipients == [["maya@example.com"], ["rui@example.com"]]
    waiting = Notice.objects.exclude(status=Notice.Status.SENT)
    (notice,) = waiting.filter(notification__request=request)
    assert notice.user == people[0]
    assert notice.error == "The mail server answered 421: 4.7.28 Too fast"


def test_an_address_that_mail_cannot_name_is_no_other_address(
    mail_server: MailServer,
) -> None:
    make_user(
        username="jurgen",
        email="jürgen@bücher.example",
        level=Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    )
    ask()

    send_notices(Channel.MAIL)

    assert not mail_server.recipients
    notice = Notice.objects.get()
    assert notice.status == Notice.Status.FAILED
    assert "jürgen@bücher.example has letters before the @" in notice.error
