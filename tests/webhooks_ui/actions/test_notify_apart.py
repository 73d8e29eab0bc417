"""Several workers that send notices at the same time, on PostgreSQL."""

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from pytest_django import Settings

from tests.factories import make_model, make_version
from tests.threads import apart, at_once
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.actions.turns import Turn
from webhooks_ui.models import Channel, Notice

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("committed_db")]


def test_each_notice_is_sent_once_by_whichever_worker(mail_server: MailServer) -> None:
    for number in range(12):
        make_person(f"reviewer{number}")
    for _ in range(5):
        ask(version=make_version(model=make_model()))

    sent = at_once(*[lambda: send_notices(Channel.MAIL, Turn())] * 4)

    assert sum(count for count in sent if isinstance(count, int)) == 60
    assert len(mail_server.raw) == 60
    ids = {mail["Message-ID"] for mail in mail_server.mails}
    assert len(ids) == 60
    assert not Notice.objects.exclude(status=Notice.Status.SENT).exists()


def test_a_mail_server_that_hangs_takes_one_thread(
    mail_server: MailServer, settings: Settings
) -> None:
    """Deliveries and chat have the others."""
    make_person("rui")
    ask()
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        ThreadPoolExecutor(1) as pool,
    ):
        settings.EMAIL_PORT = silent.getsockname()[1]
        hanging = pool.submit(apart, partial(send_notices, Channel.MAIL))
        connection, _ = silent.accept()
        make_person("maya")
        ask(version=make_version())

        assert send_notices(Channel.MAIL) == 0
        assert not hanging.done()

        settings.EMAIL_PORT = mail_server.port
        connection.close()
        assert hanging.result(30) == 2
    assert sorted(mail_server.recipients) == [["maya@example.com"], ["rui@example.com"]]
