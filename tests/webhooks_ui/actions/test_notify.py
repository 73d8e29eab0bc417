"""The engine of notices: what goes out when, together, again, or not at all."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import (
    DjangoAssertNumQueries,
    DjangoCaptureOnCommitCallbacks,
    Settings,
)

from registry_ui.actions.comments import create_comment
from registry_ui.actions.policies import apply_policies
from registry_ui.actions.requests import cancel_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.watching import watch_model
from registry_ui.models import Level, Notification, Review, TransitionRequest
from registry_ui.policies import PolicyDefinition
from registry_ui.wakeups import WakeUp
from tests.factories import grant, make_model, make_user, make_version
from tests.webhooks_ui.mail_server import MailServer, text_of
from tests.webhooks_ui.telling import (
    PRODUCTION,
    ask,
    comment_many,
    let_pass,
    make_person,
    only_notice,
    seconds_until_due,
)
from webhooks_ui import tasks
from webhooks_ui.actions.notices import next_digest
from webhooks_ui.actions.notify import WAITS, send_notices
from webhooks_ui.models import Channel, Notice, NotificationPreference
from webhooks_ui.models.notices import MOST_AN_HOUR

pytestmark = pytest.mark.django_db

Status = Notice.Status


def send() -> int:
    return send_notices(Channel.MAIL)


def test_a_worker_is_woken_once_after_the_commit(
    rui: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        comment_many(ask(), 3)

    for channel in Channel.values:
        assert callbacks.count(WakeUp(tasks.send_notices, (channel,))) == 1


def test_who_has_no_address_or_has_turned_it_off_gets_no_mail() -> None:
    make_user(level=PRODUCTION)
    make_person("never", mail="never")
    muting = make_person("muting")
    muted = [Notification.Reason.NEEDS_YOU]
    NotificationPreference.objects.create(user=muting, muted=muted)

    ask()

    assert Notification.objects.count() == 3
    assert not Notice.objects.exists()


def test_without_a_mail_server_no_mail_piles_up(settings: Settings, rui: User) -> None:
    settings.HAS_MAIL_SERVER = False

    ask()

    assert not Notice.objects.exists()


def test_what_happens_to_one_request_meanwhile_comes_in_one_mail(
    mail_server: MailServer, rui: User
) -> None:
    dana = make_person("dana", level=Level.CAN_EDIT)
    request = ask(dana)
    send()
    mail_server.raw.clear()

    review_request(request, Review.Decision.APPROVE, actor=rui, seen=None)

    assert send() == 1
    text = text_of(mail_server.mail)
    assert "rui approved request" in text
    assert "gave the approval that request" in text


# --- A digest instead of a cap ------------------------------------------------------


def test_the_day_ends_at_seven_utc() -> None:
    day = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)

    assert next_digest(day.replace(hour=3)) == day
    assert next_digest(day) == day.replace(day=27)
    assert next_digest(day.replace(hour=23)) == day.replace(day=27)


def test_who_wants_one_mail_a_day_gets_all_in_one_by_request(
    mail_server: MailServer,
) -> None:
    make_person("rui", mail="daily")
    first, second = ask(), ask(version=make_version(model=make_model(name="fraud")))
    author = make_user(level=Level.CAN_READ)
    create_comment(first.version, "And @rui?", actor=author, request=first)

    assert send() == 0
    let_pass(hours=25)
    assert send() == 1

    mail = mail_server.mail
    assert mail["Subject"] == "[Signoff] Digest: 2 requests need your review"
    assert mail["References"] is None
    text = text_of(mail)
    assert text.count(f"{first}\n") == text.count(f"{second}\n") == 1
    assert text.index("asked to move churn") < text.index("And @rui?")
    assert text.index("And @rui?") < text.index("asked to move fraud")


def test_more_than_fit_in_an_hour_are_held_and_come_as_one(
    mail_server: MailServer,
) -> None:
    rui = make_person("rui", level=Level.CAN_READ)
    request = ask()
    create_comment(request.version, "Which data?", actor=rui, request=request)
    for _ in range(MOST_AN_HOUR):
        comment_many(request, 1)
        assert send() == 1

    comment_many(request, 3)
    assert send() == 0
    let_pass(minutes=30)
    comment_many(request, 2)
    assert send() == 0
    let_pass(minutes=31)
    assert send() == 1

    assert len(mail_server.mails) == MOST_AN_HOUR + 1
    assert text_of(mail_server.mails[-1]).count("commented on") == 5
    assert not Notice.objects.pending().exists()


def test_what_piled_up_beyond_the_hours_worth_comes_as_one_at_once(
    mail_server: MailServer, rui: User
) -> None:
    for _ in range(MOST_AN_HOUR + 5):
        ask(version=make_version(model=make_model()))

    assert send() == 1

    mail = mail_server.mail
    assert "25 requests need your review" in mail["Subject"]
    assert text_of(mail).count("Look and decide:") == 25


def test_a_digest_says_how_many_it_leaves_out(
    mail_server: MailServer, rui: User
) -> None:
    version = make_version(model=make_model(name="churn"))
    watch_model(version.model, actor=rui)
    for _ in range(52):
        ask(version=version)
    comment_many(TransitionRequest.objects.earliest("number"), 30)

    send()

    text = text_of(mail_server.mail)
    assert text.count("Look and decide:") == 50
    assert "(11 more on the page)" in text
    assert "And 2 more: http://" in text


# --- When it makes no sense any more ------------------------------------------------


def test_nobody_is_asked_to_review_what_is_decided_meanwhile(
    mail_server: MailServer, rui: User
) -> None:
    request = ask()
    cancel_request(request, actor=request.requested_by)

    assert send() == 0
    assert only_notice().status == Status.NEEDLESS
    assert not mail_server.raw


def test_who_has_reviewed_it_meanwhile_is_not_asked_to(
    mail_server: MailServer,
) -> None:
    definition = {
        "name": "p",
        "targets": ["stage:Production"],
        "approvals": [{"count": 2}],
    }
    apply_policies([PolicyDefinition.model_validate(definition)], actor=None)
    rui = make_person("rui", mail="daily")
    make_person("maya", mail="daily")
    request = ask()
    review_request(request, Review.Decision.APPROVE, actor=rui, seen=None)

    let_pass(hours=25)

    assert send() == 1
    assert mail_server.recipients == [["maya@example.com"]]


def test_who_may_read_the_model_no_longer_by_then_is_told_nothing(
    mail_server: MailServer,
) -> None:
    version = make_version()
    rui = make_person("rui", level=Level.CAN_READ)
    rui.model_permissions.all().delete()
    permission = grant(rui, PRODUCTION, version.model)
    ask(version=version)

    permission.delete()

    assert send() == 0
    assert not mail_server.raw


def test_who_left_or_stopped_mail_by_then_is_told_nothing(
    mail_server: MailServer, rui: User
) -> None:
    maya = make_person("maya")
    ask()
    User.objects.filter(pk=rui.pk).update(is_active=False)
    NotificationPreference.objects.create(user=maya, mail="never")

    assert send() == 0
    assert not mail_server.raw


# --- When it cannot be sent ---------------------------------------------------------


def test_mail_waits_while_the_server_is_down_and_comes_once_it_is_up(
    mail_server: MailServer, rui: User
) -> None:
    make_person("maya")
    ask()
    mail_server.stop()

    assert send() == 0
    for notice in Notice.objects.all():
        assert notice.error == "No connection to the mail server: connection refused."
        assert notice.status == Status.PENDING
        assert 55 < seconds_until_due(notice) <= 60

    mail_server.start()
    assert send() == 0
    let_pass(minutes=2)
    assert send() == 2
    assert len(mail_server.raw) == 2
    for notice in Notice.objects.all():
        assert (notice.status, notice.attempt_count) == (Status.SENT, 2)
        assert notice.error == ""


def test_waits_grow_and_end(mail_server: MailServer, rui: User) -> None:
    ask()
    mail_server.stop()

    for wait in WAITS:
        send()
        seconds = seconds_until_due(only_notice())
        assert wait.total_seconds() - 5 < seconds <= wait.total_seconds()
        let_pass(seconds=seconds + 1)
    send()

    notice = only_notice()
    assert (notice.status, notice.attempt_count) == (Status.FAILED, 8)
    assert notice.settled_at is not None
    mail_server.start()
    let_pass(days=9)
    assert send() == 0


def test_an_address_that_is_refused_fails_at_once_and_holds_up_nobody(
    mail_server: MailServer, rui: User
) -> None:
    mail_server.refused["rui@example.com"] = "550 No such user here"
    make_person("maya")
    ask()

    assert send() == 1

    assert mail_server.recipients == [["maya@example.com"]]
    notice = Notice.objects.get(user=rui)
    assert notice.status == Status.FAILED
    assert notice.error == "The mail server answered 550: No such user here"


def test_a_server_that_is_busy_is_asked_again(
    mail_server: MailServer, rui: User
) -> None:
    mail_server.refused["rui@example.com"] = "451 Try again later"
    ask()

    send()

    assert only_notice().status == Status.PENDING
    mail_server.refused.clear()
    let_pass(minutes=2)
    assert send() == 1


def test_an_address_that_is_none_fails_in_words(
    mail_server: MailServer, rui: User
) -> None:
    User.objects.filter(pk=rui.pk).update(email="a@b\nBcc: all@example.com")
    ask()

    assert send() == 0
    assert only_notice().status == Status.FAILED
    assert only_notice().error.startswith("The mail cannot be written: ")
    assert not mail_server.raw


# --- Workers that die, and several of them ------------------------------------------


def test_with_nothing_due_a_look_costs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        assert send() == 0
