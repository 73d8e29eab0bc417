"""What the guides tell people to run, run as it stands there, on real deliveries."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from registry_ui.events import EventType
from tests.factories import make_model, make_user, make_version
from tests.running import free_port, wait_for
from tests.webhooks_ui.factories import make_event, make_webhook
from tests.webhooks_ui.receivers import Received, Receiver, Reply
from tests.webhooks_ui.telling import ask
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.testing import send_test
from webhooks_ui.models import Delivery, EventName, Webhook, WebhookSecret
from webhooks_ui.signing import generate_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

DOCS = Path(settings.BASE_DIR) / "docs"
TRIGGER_AUTHORIZATION = "Bearer of a test"


def snippet(document: str, language: str) -> str:
    """Return the one snippet of a document in a language."""
    text = (DOCS / "guides" / document).read_text("utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return str(found)


# --- A chat channel -----------------------------------------------------------------


def slack(received: Received) -> Reply:
    """Answer as Slack's incoming webhooks do: a text, or a reason why not.

    Source: Slack, "Sending messages using incoming webhooks", handling errors.
    """
    try:
        message = json.loads(received.body)
    except ValueError:
        return Reply(400, b"invalid_payload")
    if not isinstance(message.get("text"), str) or not message["text"]:
        return Reply(400, b"no_text")
    return Reply(200, b"ok")


def test_a_channel_is_told_when_production_is_requested(receiver: Receiver) -> None:
    receiver.answer = slack
    name = EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED
    make_webhook(url=receiver.url, events=[name.value])

    request = ask(version=make_version(model=make_model(name="churn")))
    drain_deliveries()

    assert Delivery.objects.get().status == Delivery.Status.SUCCEEDED
    (message,) = receiver.requests
    assert json.loads(message.body)["text"] == (
        f"{request.requested_by.username} requested the transition of registered model"
        f" 'churn' version 1 from None to Production."
    )


def test_the_snippet_posts_what_we_would(receiver: Receiver) -> None:
    receiver.answer = slack

    subprocess.run(  # noqa: S603 - our own document
        ["/bin/sh", "-c", snippet("chat.md", "sh")],
        env=os.environ | {"CHAT_URL": receiver.url},
        check=True,
        capture_output=True,
        timeout=60,
    )

    (message,) = receiver.requests
    payload = json.loads(message.body)
    assert payload["event"] == EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED
    assert payload["text"].startswith("dana requested the transition")


# --- A CI job -----------------------------------------------------------------------


@dataclass(frozen=True)
class Bridge:
    """The guide's receiver as a process, and the webhook that calls it."""

    webhook: Webhook
    restart: Callable[[], None]
    inbox: Path


@pytest.fixture
def bridge(receiver: Receiver, tmp_path: Path) -> Iterator[Bridge]:
    """The guide's receiver, which starts jobs at `receiver`."""
    secret, port = generate_secret(), free_port()
    program = tmp_path / "receiver.py"
    program.write_text(snippet("ci.md", "python"), "utf-8")
    shutil.copy(DOCS / "receivers" / "verify.py", tmp_path)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    environ = os.environ | {
        "SIGNOFF_SECRETS": secret,
        "INBOX": str(inbox),
        "TRIGGER_URL": receiver.url,
        "TRIGGER_AUTHORIZATION": TRIGGER_AUTHORIZATION,
        "RETRY_SECONDS": "0.1",
        "PORT": str(port),
    }
    running: list[subprocess.Popen[bytes]] = []

    def stop() -> None:
        for process in running:
            process.kill()
            process.communicate()
        running.clear()

    def start() -> None:
        stop()
        command = [sys.executable, str(program)]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE)  # noqa: S603
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on port {port}\n".encode()

    start()
    webhook = make_webhook(
        url=f"http://127.0.0.1:{port}/",
        events=[EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING.value],
        secret=secret,
    )
    yield Bridge(webhook, start, inbox)
    stop()


def reach_staging(name: str) -> Delivery:
    """Let version 1 of a model reach Staging, and deliver that."""
    version = make_version(model=make_model(name=name))
    make_event(
        EventType.MODEL_VERSION_TRANSITIONED,
        version=version,
        from_stage="None",
        to_stage="Staging",
    )
    drain_deliveries()
    return Delivery.objects.exclude(event=None).latest("pk")


def deliver_again(delivery: Delivery) -> None:
    """Send the same once more, as after an answer that got lost."""
    Delivery.objects.filter(pk=delivery.pk).update(status=Delivery.Status.PENDING)
    drain_deliveries()


def jobs_of(receiver: Receiver) -> list[dict[str, str]]:
    return [json.loads(one.body)["client_payload"] for one in receiver.requests]


def test_a_version_that_reaches_staging_starts_one_job(
    bridge: Bridge, receiver: Receiver
) -> None:
    delivery = reach_staging("churn")
    deliver_again(delivery)
    done = bridge.inbox / f"{delivery.pk}.done"
    wait_for(done.exists, seconds=20, what="the job is noted as started")
    bridge.restart()
    last = reach_staging("fraud")

    assert delivery.status == last.status == Delivery.Status.SUCCEEDED
    wait_for(lambda: len(receiver.requests) > 1, seconds=20, what="jobs are started")
    assert jobs_of(receiver) == [
        {"model": "churn", "version": "1", "delivery": delivery.pk},
        {"model": "fraud", "version": "1", "delivery": last.pk},
    ]
    assert receiver.requests[0].headers["Authorization"] == TRIGGER_AUTHORIZATION


@pytest.mark.usefixtures("bridge")
def test_a_job_that_could_not_be_started_is_tried_again(receiver: Receiver) -> None:
    receiver.replies(Reply(503), Reply(503), Reply(204, b""))

    delivery = reach_staging("churn")

    assert delivery.status == Delivery.Status.SUCCEEDED  # the answer waits for no job
    wait_for(lambda: len(receiver.requests) == 3, seconds=20, what="it is tried again")


def test_what_is_signed_with_another_secret_starts_nothing(
    bridge: Bridge, receiver: Receiver
) -> None:
    webhook = bridge.webhook
    right = webhook.secret
    WebhookSecret.objects.replace_all(webhook, generate_secret(), by=webhook.created_by)

    refused = reach_staging("forged")
    Delivery.objects.update(status=Delivery.Status.FAILED)  # it is not tried again
    WebhookSecret.objects.replace_all(webhook, right, by=webhook.created_by)
    reach_staging("churn")

    assert refused.attempts.get().status_code == 401
    wait_for(lambda: bool(receiver.requests), seconds=20, what="a job is started")
    assert [job["model"] for job in jobs_of(receiver)] == ["churn"]


def test_a_test_starts_no_job(bridge: Bridge, receiver: Receiver) -> None:
    attempt = send_test(
        bridge.webhook,
        actor=make_user(is_superuser=True),
        event_name=EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING,
    )
    reach_staging("churn")

    assert attempt.status_code == 204
    wait_for(lambda: bool(receiver.requests), seconds=20, what="a job is started")
    assert [job["model"] for job in jobs_of(receiver)] == ["churn"]
