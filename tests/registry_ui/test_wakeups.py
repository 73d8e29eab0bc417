"""Wake-ups through a real Redis that goes, hangs and comes back."""

import base64
import json
import logging
import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis
from celery import Celery, Task

from registry_ui.wakeups import WakeUp
from tests.running import wait_for
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.services

LINES = "registry_ui.wakeups"
GONE, BACK = "the broker takes no messages", "the broker takes messages again"
AT_ONCE = 1.0
"""Seconds: half of what a broker that is gone or hangs would keep one waiting."""


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    url = urlsplit(os.environ["CELERY_BROKER_URL"])
    proxy = TcpProxy(url.hostname or "", url.port or 6379)
    yield proxy
    proxy.close()


@pytest.fixture
def app(proxy: TcpProxy) -> Iterator[Celery]:
    """One with a queue of its own, through the proxy."""
    path = urlsplit(os.environ["CELERY_BROKER_URL"]).path
    app = Celery(set_as_current=False)
    # Celery takes CELERY_BROKER_URL of the environment before what it is given.
    app.conf.update(broker_write_url=f"redis://127.0.0.1:{proxy.port}{path}")
    app.conf.task_default_queue = f"wake-ups-{proxy.port}"
    app.conf.task_publish_retry = False
    app.conf.broker_transport_options = {"max_retries": 0, "socket_timeout": 2}
    with app:
        yield app


@pytest.fixture
def task(app: Celery) -> Task[[str], None]:
    @app.task(name="work", shared=False)
    def work(_what: str) -> None:
        """Never run: no worker is there."""

    found: Task[[str], None] = app.tasks[work.name]
    return found


def seconds(wake_up: WakeUp) -> float:
    began = time.monotonic()
    wake_up()
    return time.monotonic() - began


def taken(app: Celery) -> list[str]:
    """Take what has been published; return the tasks' arguments."""
    found = []
    with redis.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as client:
        while message := client.rpop(app.conf.task_default_queue):
            body = base64.b64decode(json.loads(message)["body"])
            found.append(json.loads(body)[0][0])
    return found


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LINES]


def test_nobody_waits_for_a_broker_that_is_gone_and_one_line_says_so(
    proxy: TcpProxy,
    app: Celery,
    task: Task[[str], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    WakeUp(task, ("before",))()
    wait_for(lambda: taken(app) == ["before"], seconds=5, what="a wake-up")
    proxy.close()

    took = [seconds(WakeUp(task, (str(number),))) for number in range(20)]

    assert max(took) < AT_ONCE
    wait_for(lambda: bool(lines(caplog)), seconds=5, what="a line")
    proxy.open()
    WakeUp(task, ("after",))()
    wait_for(lambda: "after" in taken(app), seconds=5, what="a wake-up")
    wait_for(lambda: len(lines(caplog)) == 2, seconds=5, what="two lines")
    assert lines(caplog)[0].startswith(GONE)
    assert lines(caplog)[1] == BACK
    assert not [record for record in caplog.records if record.exc_info]


def test_nobody_waits_for_a_broker_that_hangs_and_nothing_piles_up(
    proxy: TcpProxy, app: Celery, task: Task[[str], None]
) -> None:
    WakeUp(task, ("before",))()
    wait_for(lambda: taken(app) == ["before"], seconds=5, what="a wake-up")
    with proxy.hanging():
        took = [seconds(WakeUp(task, ("meanwhile",))) for _ in range(1000)]
        assert max(took) < AT_ONCE

    WakeUp(task, ("after",))()

    found: list[str] = []

    def has_arrived() -> bool:
        found.extend(taken(app))
        return "after" in found

    wait_for(has_arrived, seconds=10, what="a wake-up")
    assert found.count("meanwhile") <= 2  # one under way, one that waited


def test_a_fault_of_another_kind_is_told_with_its_traceback(
    task: Task[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    unreadable: tuple[str, ...] = (object(),)  # type: ignore[assignment]  # a fault

    WakeUp(task, unreadable)()

    wait_for(lambda: bool(lines(caplog)), seconds=5, what="a line")
    (record,) = [record for record in caplog.records if record.name == LINES]
    assert record.levelno == logging.ERROR
    assert record.exc_info
