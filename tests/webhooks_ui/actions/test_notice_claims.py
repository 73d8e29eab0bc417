"""Whose a notice is while it is sent, and what is recorded of it then."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry_ui.models import Level
from tests.factories import make_version
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.telling import (
    ask,
    comment_many,
    let_pass,
    make_person,
    only_notice,
)
from webhooks_ui.actions.letters import letter_of
from webhooks_ui.actions.mail import send_mail
from webhooks_ui.actions.notify import WAITS, claim_due, record_outcome, send_notices
from webhooks_ui.actions.outcomes import Outcome
from webhooks_ui.models import Channel, Notice

pytestmark = pytest.mark.django_db

Status = Notice.Status


def claim() -> list[Notice]:
    return claim_due(Channel.MAIL, timezone.now())


def send() -> int:
    return send_notices(Channel.MAIL)


def test_a_crash_between_sending_and_recording_repeats_that_mail_as_the_same(
    mail_server: MailServer, rui: User
) -> None:
    ask()
    claimed = claim()
    assert [o for _, o in send_mail([(rui, letter_of(claimed))])] == [Outcome()]
    # Here the worker dies. Nobody takes its notice before the lease is over.
    assert send() == 0

    let_pass(minutes=4)
    assert send() == 1

    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert only_notice().status == Status.SENT


def test_a_worker_that_lost_its_claim_records_nothing(
    mail_server: MailServer, rui: User
) -> None:
    ask()
    claimed = claim()
    let_pass(minutes=4)
    assert send() == 1

    record_outcome(claimed, "<late@example.com>", Outcome("Too late."))

    notice = only_notice()
    assert (notice.status, notice.error) == (Status.SENT, "")


def test_two_workers_share_what_is_due(rui: User) -> None:
    ask()

    assert len(claim()) == 1
    assert claim() == []


def test_who_is_being_told_is_told_nothing_beside() -> None:
    """Two workers would each send as much as fits into the hour."""
    dana, maya = (make_person(name, level=Level.CAN_EDIT) for name in ("dana", "maya"))
    first, second = ask(dana), ask(maya, version=make_version())
    comment_many(first, 1)
    under_way = claim()
    comment_many(first, 2)
    comment_many(second, 1)

    assert [notice.user for notice in claim()] == [maya]
    record_outcome(under_way, "<first@example.com>", Outcome())
    assert [notice.user for notice in claim()] == [dana] * 2


def test_each_notice_has_its_own_attempts() -> None:
    request = ask(make_person("dana", level=Level.CAN_EDIT))
    comment_many(request, 3)
    oldest = Notice.objects.order_by("pk")[:1].values("pk")
    Notice.objects.filter(pk__in=oldest).update(attempt_count=len(WAITS))

    record_outcome(claim(), "", Outcome("The mail server answered 451: Later"))

    found = Notice.objects.order_by("pk").values_list("status", "attempt_count")
    assert list(found) == [(Status.FAILED, 8), (Status.PENDING, 1), (Status.PENDING, 1)]
