"""Celery's clock with a real Redis that goes and comes back."""

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config import programs
from tests.running import ROOT, wait_for
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.services

GONE, BACK = "the broker takes no messages", "the broker takes messages again"


def test_an_outage_of_the_broker_is_two_lines_however_often_the_clock_ticks(
    tmp_path: Path,
) -> None:
    url = urlsplit(os.environ["CELERY_BROKER_URL"])
    proxy = TcpProxy(url.hostname or "", url.port or 6379)
    environment = {
        **{key: one for key, one in os.environ.items() if key != "DATABASE_URL"},
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{proxy.port}{url.path}",
        "SIGNOFF_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    log = tmp_path / "beat.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            programs.beat().command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        ) as beat,
    ):
        try:
            wait_for(lambda: proxy.has_been_used, seconds=60, what="a tick")
            proxy.close()
            wait_for(lambda: GONE in log.read_text(), seconds=10, what="a line")
            time.sleep(4)  # it ticks a few times more
            assert beat.poll() is None
            proxy.open()
            wait_for(lambda: BACK in log.read_text(), seconds=10, what="a line")
        finally:
            beat.terminate()
            proxy.close()

    text = log.read_text()
    assert (text.count(GONE), text.count(BACK)) == (1, 1)
    assert "Traceback" not in text
