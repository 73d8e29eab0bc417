"""Processes killed at random while events are made: each arrives, as the ledger says.

On SQLite with the embedded broker, and on PostgreSQL with Redis where `tests.services`
runs it; the long form kills 200 times amid 10,000 events.
"""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
import redis
from mlflow import MlflowClient

from tests.mlflow_server import MLflowServer
from tests.running import ROOT, RunningSignoff, processes, wait_for
from tests.system.promotions import call
from tests.webhooks_ui.receivers import Receiver

pytestmark = pytest.mark.system
logger = logging.getLogger(__name__)

SIZES = [
    pytest.param(6, 300, id="few"),
    pytest.param(200, 10_000, id="many", marks=pytest.mark.soak),
]
SENDER = "sender@"
VICTIMS = ("granian", "worker@", SENDER, " beat ")
"""What tells the command lines of web server, workers and clock apart."""
MOST_IN_FLIGHT = 256
"""Deliveries of one webhook that a sender holds at most (CLAIMED_PER_WEBHOOK)."""
DRAIN_SECONDS = 300.0
MODEL = "killed-often"
SETUP = """
import time
from registry_ui.actions.requests import create_request
from registry_ui.models import Level, ModelVersion
from tests.factories import make_user
from webhooks_ui.actions.webhook_fields import WebhookInput
from webhooks_ui.actions.webhooks import create_webhook
from django.contrib.auth.models import User
dana = make_user(username="dana", level=Level.CAN_EDIT)
admin = make_user(username="ada", is_superuser=True)
create_webhook(
    WebhookInput(url="{url}", events=["COMMENT_CREATED"]), actor=admin, model=None
)
found = ModelVersion.objects.filter(model__name="{name}", number=1)
while not found.exists():  # the worker mirrors it soon
    time.sleep(0.2)
version = found.get()
request = create_request(version, "stage:Production", actor=dana, comment="Go.")
print(request.number)
"""
PRODUCE = """
import time
from django.contrib.auth.models import User
from registry_ui.actions.comments import create_comment
from registry_ui.models import ModelVersion
dana = User.objects.get(username="dana")
version = ModelVersion.objects.get(model__name="{name}", number=1)
for number in range({count}):
    create_comment(version, f"Remark {{number}}.", actor=dana)
    time.sleep({pause})
"""
LEDGER = """
import json
import logging
from django.db.models import Count
from registry_ui.models import AuditEvent
from webhooks_ui.models import Delivery
events = AuditEvent.objects.filter(type="comment.created")
rows = Delivery.objects.annotate(recorded=Count("attempts"))
print(json.dumps({
    "positions": list(events.values_list("position", flat=True)),
    "rows": list(rows.values_list("pk", "status", "recorded")),
}))
"""
PENDING = """
from webhooks_ui.models import Delivery
print(Delivery.objects.pending().count())
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def restless(running_mlflow: MLflowServer, tmp_path: Path) -> Iterator[RunningSignoff]:
    """Signoff that starts again at once whatever is killed; its database is its own."""
    running = RunningSignoff.launch(
        tmp_path,
        program=("-m", "tests.system.restless"),
        environment={
            "MLFLOW_TRACKING_URI": running_mlflow.uri,
            "SIGNOFF_WEBHOOK_ALLOW_HTTP": "1",
            "SIGNOFF_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
    )
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize(("kills", "count"), SIZES)
def test_killed_at_random_each_event_arrives_and_the_ledger_knows(
    restless: RunningSignoff,
    plain: MlflowClient,
    receiver: Receiver,
    chance: random.Random,
    kills: int,
    count: int,
) -> None:
    """A web server, a worker, a sender or the clock at a time, at any moment."""
    pauses = [chance.uniform(0.5, 3) for _ in range(kills)]
    request_path = _subscribe(restless, plain, receiver)
    deaths: Counter[str] = Counter()

    with (
        _producing(restless, count, seconds=sum(pauses)),
        _talking(restless, request_path),
    ):
        for turn, pause in enumerate(pauses):
            time.sleep(pause)
            deaths[_kill_one(restless, chance)] += 1
            if turn == kills // 2:
                _empty_queues(restless)
    wait_for(
        lambda: _shell(restless, PENDING) == "0",
        seconds=DRAIN_SECONDS,
        what="all is delivered",
        pause=10,
    )

    ledger = json.loads(_shell(restless, LEDGER))
    arrived = Counter(one.headers["webhook-id"] for one in receiver.requests)
    recorded = {pk: attempts for pk, _, attempts in ledger["rows"]}
    told = {json.loads(one.body)["sequence"] for one in receiver.requests}
    assert len(ledger["positions"]) >= count
    assert sorted(told) == sorted(ledger["positions"])
    assert recorded.keys() == arrived.keys()
    assert {status for _, status, _ in ledger["rows"]} == {"succeeded"}
    # A sender that dies between an answer and its record leaves no attempt behind.
    assert all(1 <= recorded[pk] <= arrived[pk] for pk in arrived)
    doubles = sum(arrived.values()) - len(arrived)
    logger.info("events=%d doubles=%d deaths=%s", len(arrived), doubles, dict(deaths))
    assert doubles <= MOST_IN_FLIGHT * deaths[SENDER]


def _subscribe(signoff: RunningSignoff, plain: MlflowClient, receiver: Receiver) -> str:
    """Let the receiver hear of comments; return the path to comment a request at."""
    plain.create_registered_model(MODEL)
    plain.create_model_version(MODEL, "s3://bucket/model")
    number = _shell(signoff, SETUP.format(url=receiver.url, name=MODEL))
    return f"/requests/{number}/comments"


@contextmanager
def _producing(
    signoff: RunningSignoff, count: int, *, seconds: float
) -> Iterator[None]:
    """Have a process that nobody kills write comments, spread over the time."""
    code = PRODUCE.format(name=MODEL, count=count, pause=seconds / count)
    producer = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=signoff.environment,
    )
    try:
        yield
        assert producer.wait(600) == 0
    finally:
        producer.kill()


@contextmanager
def _talking(signoff: RunningSignoff, path: str) -> Iterator[None]:
    """Write comments through the web server, too, whether or not it lives."""
    token = signoff.manage("api_token", "dana").splitlines()[-1]
    stopped = threading.Event()

    def talk() -> None:
        while not stopped.wait(0.2):
            with suppress(OSError, HTTPException):
                call(signoff, token, "POST", path, {"text": "By way of the web."})

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _kill_one(signoff: RunningSignoff, chance: random.Random) -> str:
    """Kill a program with all of its processes; return which."""
    victim = chance.choice(VICTIMS)
    for pid, line in processes(signoff.environment).items():
        # The supervisor's wrapper stays: it is what sees the death.
        if victim in line and "supervised.py" not in line:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return victim


def _empty_queues(signoff: RunningSignoff) -> None:
    """Take every wake-up away; the database must know what is due."""
    broker = signoff.environment.get("CELERY_BROKER_URL", "")
    if broker.startswith("redis"):
        redis.Redis.from_url(broker).delete("signoff", "signoff-deliveries")
        return
    folder = Path(signoff.environment["SIGNOFF_DATA_DIR"]) / "broker"
    assert folder.is_dir()
    for message in folder.rglob("*"):
        with suppress(OSError):
            message.unlink()


def _shell(signoff: RunningSignoff, code: str) -> str:
    return signoff.manage("shell", "--no-imports", "-c", code).strip()
