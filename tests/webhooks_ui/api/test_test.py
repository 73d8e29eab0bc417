"""`registry-webhooks/test`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from registry_ui.models import RegisteredModel
from tests.webhooks_ui.api.conftest import PREFIXES, Caller, caller
from tests.webhooks_ui.factories import make_webhook
from tests.webhooks_ui.jobs_api import JobsApi
from tests.webhooks_ui.receivers import Received, Receiver, Reply
from webhooks_ui.models import DeliveryAttempt, Webhook

pytestmark = pytest.mark.usefixtures("open_loopback")

By = Callable[[User], Caller]


@pytest.fixture
def webhook(churn: RegisteredModel, receiver: Receiver) -> Webhook:
    return make_webhook(
        model=churn,
        url=receiver.url,
        events=["COMMENT_CREATED", "INCIDENT_OPENED"],
        status="DISABLED",
    )


def events_of(receiver: Receiver) -> list[str]:
    return [json.loads(request.body)["event"] for request in receiver.requests]


@pytest.mark.parametrize("status", [200, 204, 302, 404, 503])
def test_the_receivers_status_and_body_are_returned(
    by: By, manager: User, webhook: Webhook, receiver: Receiver, status: int
) -> None:
    body = b"" if status == 204 else "é \0".encode()
    receiver.replies(Reply(status, body))

    answer = by(manager).call("test", id=webhook.pk)

    expected = {"status_code": status, "body": "" if status == 204 else "é \ufffd"}
    assert answer == expected
    assert DeliveryAttempt.objects.get().status_code == status


def test_a_chosen_event_is_sent_whether_or_not_it_is_subscribed(
    by: By, manager: User, webhook: Webhook, receiver: Receiver
) -> None:
    by(manager).call("test", id=webhook.pk, event="MODEL_VERSION_TAG_SET")

    assert events_of(receiver) == ["MODEL_VERSION_TAG_SET"]


def test_without_a_choice_it_is_one_of_its_own(
    manager: User, webhook: Webhook, receiver: Receiver
) -> None:
    plain, preview = (caller(manager, prefix) for prefix in PREFIXES.values())

    for _ in range(4):
        preview.call("test", id=webhook.pk)
    seen = set(events_of(receiver))
    plain.call("test", id=webhook.pk)

    assert seen == {"COMMENT_CREATED"}
    assert set(events_of(receiver)) <= set(webhook.events)


def test_a_webhook_of_none_but_our_events_is_tested_by_the_preview_too(
    manager: User, webhook: Webhook, receiver: Receiver
) -> None:
    webhook.events = ["INCIDENT_OPENED"]
    webhook.save(update_fields=["events"])

    caller(manager, PREFIXES["preview"]).call("test", id=webhook.pk)

    assert events_of(receiver) == ["INCIDENT_OPENED"]


def test_a_receiver_that_is_not_there_is_no_error_of_the_call(
    by: By, manager: User, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.stop()

    answer = by(manager).call("test", id=webhook.pk)

    assert answer["status_code"] == 0
    assert "connection refused" in answer["body"]


@pytest.mark.parametrize("event", ["NONSENSE", ["COMMENT_CREATED"], 7])
def test_an_unknown_event_is_refused(
    by: By, manager: User, webhook: Webhook, receiver: Receiver, event: object
) -> None:
    answer: Any = by(manager).send("test", id=webhook.pk, event=event)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert receiver.requests == []


def test_a_job_is_started_and_the_jobs_apis_answer_returned(
    by: By, manager: User, churn: RegisteredModel, jobs_api: JobsApi
) -> None:
    jobs_api.add_job(7, "notebook_task")
    spec = {
        "job_id": "7",
        "workspace_url": jobs_api.url,
        "access_token": jobs_api.token,
    }
    calls = by(manager)
    created = calls.call(
        "create", model_name="churn", events=["COMMENT_CREATED"], job_spec=spec
    )

    answer = calls.call("test", id=created["webhook"]["id"])

    (run,) = jobs_api.runs
    assert answer["status_code"] == 200
    assert json.loads(answer["body"])["run_id"] == run.run_id
    assert run.event["event"] == "COMMENT_CREATED"


def test_a_webhook_that_is_deleted_during_its_test_is_an_error_of_the_call(
    committed_db: None, by: By, manager: User, webhook: Webhook, receiver: Receiver
) -> None:
    calls = by(manager)

    def delete(_: Received) -> Reply:
        Webhook.objects.filter(pk=webhook.pk).delete()
        connection.close()  # this thread's own
        return Reply()

    receiver.answer = delete

    answer: Any = calls.send("test", id=webhook.pk)

    assert answer.status_code == 400
    assert "deleted while its test was under way" in answer.json()["message"]
