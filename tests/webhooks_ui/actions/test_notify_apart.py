"""Several workers that send notices at the same time, on PostgreSQL."""

import pytest

from tests.factories import make_model, make_version
from tests.threads import at_once
from tests.webhooks_ui.mail_server import MailServer
from tests.webhooks_ui.telling import ask, make_person
from webhooks_ui.actions.notify import send_notices
from webhooks_ui.models import Channel, Notice

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("committed_db")]


def test_each_notice_is_sent_once_by_whichever_worker(mail_server: MailServer) -> None:
    for number in range(12):
        make_person(f"reviewer{number}")
    for _ in range(5):
        ask(version=make_version(model=make_model()))

    sent = at_once(*[lambda: send_notices(Channel.MAIL)] * 4)

    assert sum(count for count in sent if isinstance(count, int)) == 60
    assert len(mail_server.raw) == 60
    ids = {mail["Message-ID"] for mail in mail_server.mails}
    assert len(ids) == 60
    assert not Notice.objects.exclude(status=Notice.Status.SENT).exists()
