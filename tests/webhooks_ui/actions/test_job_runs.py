"""Job webhooks against a jobs API on a real socket: each kind, and what goes wrong."""

import json
import textwrap
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from tests.factories import make_user, make_version
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.factories import (
    make_delivery,
    make_job_webhook,
    make_move_to_production,
)
from tests.webhooks_ui.jobs_api import PARAMETERS_OF, JobsApi
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.actions.job_runs import REMEMBERED
from webhooks_ui.actions.redeliver import redeliver
from webhooks_ui.actions.testing import send_test
from webhooks_ui.http_client import exchange
from webhooks_ui.models import Delivery, ParameterForm, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

LOOKUP, START = "GET /api/2.1/jobs/get", "POST /api/2.1/jobs/run-now"


@pytest.mark.parametrize("kind", PARAMETERS_OF)
def test_a_job_of_each_kind_is_started_and_told_the_event(
    jobs_api: JobsApi, kind: str
) -> None:
    jobs_api.add_job(123, kind)
    webhook = make_job_webhook(
        workspace_url=jobs_api.url, events=["MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"]
    )
    make_move_to_production()

    assert drain_deliveries() == 1

    (run,) = jobs_api.runs
    delivery = webhook.deliveries.get()
    assert run.job_id == 123
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert delivery.attempts.get().run_id == run.run_id
    if run.parameters:
        assert run.event == json.loads(delivery.body)


def test_a_job_of_several_tasks_is_told_the_event_in_every_form(
    jobs_api: JobsApi,
) -> None:
    jobs_api.add_job(123, "notebook_task", "spark_jar_task")
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    (run,) = jobs_api.runs
    assert run.event == json.loads(delivery.body)
    assert jobs_api.calls == [LOOKUP, START]


def test_a_job_described_in_the_old_format_is_started(jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "spark_python_task", is_old_format=True)
    make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    assert len(jobs_api.runs) == 1


def test_a_retry_after_a_lost_answer_starts_no_second_run(jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.lost_answers = 2
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    for _ in range(3):
        drain_deliveries()
        _let_time_pass(delivery)

    (run,) = jobs_api.runs
    delivery.refresh_from_db()
    assert jobs_api.calls.count(START) == 3
    assert delivery.status == Delivery.Status.SUCCEEDED
    last, _, first = delivery.attempts.all()
    assert (last.run_id, first.run_id) == (run.run_id, None)
    assert first.error == "The receiver hung up without answering."


def test_who_sends_a_delivery_again_that_failed_starts_no_second_run(
    jobs_api: JobsApi,
) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.lost_answers = 1
    delivery = make_delivery(
        webhook=make_job_webhook(workspace_url=jobs_api.url), retry_step=9
    )
    drain_deliveries()
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED

    redeliver(delivery, actor=make_user(is_superuser=True))
    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.SUCCEEDED
    assert len(jobs_api.runs) == 1


def test_who_sends_a_delivery_again_that_succeeded_gets_one_new_run(
    jobs_api: JobsApi,
) -> None:
    jobs_api.add_job(123, "notebook_task")
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))
    drain_deliveries()
    jobs_api.lost_answers = 1

    redeliver(delivery, actor=make_user(is_superuser=True))
    for _ in range(2):
        drain_deliveries()
        _let_time_pass(delivery)

    first, second = jobs_api.runs
    assert first.token != second.token
    assert first.event == second.event
    assert jobs_api.calls.count(START) == 3


def test_many_deliveries_at_once_cost_few_lookups(jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "notebook_task")
    webhook = make_job_webhook(workspace_url=jobs_api.url)
    for _ in range(20):
        make_delivery(webhook=webhook)

    drain_deliveries()

    assert len(jobs_api.runs) == 20
    assert jobs_api.calls.count(LOOKUP) <= 2


def test_what_was_looked_up_is_remembered_for_an_hour(jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "notebook_task")
    webhook = make_job_webhook(workspace_url=jobs_api.url)
    for _ in range(2):
        make_delivery(webhook=webhook)
        drain_deliveries()
    webhook.refresh_from_db()
    assert webhook.parameter_form == ParameterForm.NAMED
    Webhook.objects.update(parameter_form_read_at=timezone.now() - REMEMBERED)
    jobs_api.add_job(123, "spark_jar_task")

    make_delivery(webhook=webhook)
    drain_deliveries()

    assert jobs_api.calls == [LOOKUP, START, START, LOOKUP, START]
    webhook.refresh_from_db()
    assert webhook.parameter_form == ParameterForm.LISTED


def test_a_refused_start_makes_the_next_attempt_look_up_again(
    jobs_api: JobsApi,
) -> None:
    webhook = make_job_webhook(
        workspace_url=jobs_api.url,
        parameter_form=ParameterForm.LISTED,
        parameter_form_read_at=timezone.now(),
    )
    delivery = make_delivery(webhook=webhook)
    drain_deliveries()
    _let_time_pass(delivery)
    jobs_api.add_job(123, "notebook_task")

    drain_deliveries()

    assert jobs_api.calls == [START, LOOKUP, START]
    assert len(jobs_api.runs) == 1
    webhook.refresh_from_db()
    assert webhook.parameter_form == ParameterForm.NAMED


def test_a_job_that_does_not_exist_is_told_in_words_and_tried_again(
    jobs_api: JobsApi,
) -> None:
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    delivery.refresh_from_db()
    attempt = delivery.attempts.get()
    assert delivery.status == Delivery.Status.PENDING
    assert (attempt.status_code, attempt.method) == (400, "GET")
    assert attempt.error == (
        "The job could not be looked up: the workspace answered 400, “Job 123 does not"
        " exist”."
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_told_in_words_and_never_shown(
    jobs_api: JobsApi, status: int
) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.may_run = status == 401
    token = "dapi-of-yesterday" if status == 401 else jobs_api.token
    webhook = make_job_webhook(workspace_url=jobs_api.url, access_token=token)
    delivery = make_delivery(webhook=webhook)

    drain_deliveries()

    attempt = delivery.attempts.get()
    assert attempt.status_code == status
    assert "Check that the access token is in force" in attempt.error
    assert token not in json.dumps(
        [attempt.request_headers, attempt.error, attempt.response_body]
    )
    assert jobs_api.runs == []


def test_a_token_that_comes_back_in_an_answer_is_not_kept(jobs_api: JobsApi) -> None:
    jobs_api.description = json.dumps(
        {"headers": {"Authorization": f"Bearer {jobs_api.token}"}}
    ).encode()
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    attempt = delivery.attempts.get()
    assert "Authorization" in attempt.response_body
    assert jobs_api.token not in attempt.response_body


@pytest.mark.parametrize(
    "description", [b"<html>Sign in</html>", b"{}", b"\x00\xff", b"[" * 100_000]
)
def test_a_lookup_that_answers_rubbish_fails_the_attempt_with_a_sentence(
    jobs_api: JobsApi, description: bytes
) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.description = description
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    delivery.refresh_from_db()
    attempt = delivery.attempts.get()
    assert delivery.status == Delivery.Status.PENDING
    assert delivery.due_at - timezone.now() < timedelta(seconds=10)
    assert attempt.status_code is None
    assert attempt.error.startswith("The job could not be looked up: what came back")
    assert jobs_api.runs == []


def test_a_description_above_64_kib_is_read_whole(jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.jobs[123]["settings"]["tags"] = {"note": "x" * 500_000}
    make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    assert len(jobs_api.runs) == 1


def test_both_calls_together_keep_to_the_deadline(
    jobs_api: JobsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs_api.add_job(123, "notebook_task")
    jobs_api.seconds_to_answer = 0.4
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.6)
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))

    drain_deliveries()

    attempt = delivery.attempts.get()
    assert attempt.error == "Connected, but no complete headers came within 0.6 s."
    assert attempt.url.endswith("/api/2.1/jobs/run-now")
    assert 500 < attempt.duration_ms < 2000


def test_a_workspace_that_cannot_be_reached_is_told_in_words() -> None:
    webhook = make_job_webhook(workspace_url="http://127.0.0.1:1025")
    delivery = make_delivery(webhook=webhook)

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.PENDING
    assert delivery.attempts.get().error == (
        "The job could not be looked up. No connection: connection refused."
    )


def test_a_workspace_at_a_private_address_is_refused_when_it_is_called(
    jobs_api: JobsApi, internet: Internet, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    internet.names["dbc-1.example.com"] = [["10.0.0.7"]]
    delivery = make_delivery(webhook=make_job_webhook())

    drain_deliveries()

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED
    assert "10.0.0.7 is not a public address" in delivery.attempts.get().error
    assert internet.dialled == jobs_api.calls == []


def test_a_name_that_turns_private_after_the_lookup_gains_nothing(
    jobs_api: JobsApi, internet: Internet, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    port = int(jobs_api.url.rpartition(":")[2])
    internet.names["dbc-1.example.com"] = [["8.8.8.8"], ["169.254.169.254"]]
    internet.routes["8.8.8.8"] = port
    jobs_api.description = b"no job"
    webhook = make_job_webhook(workspace_url="http://dbc-1.example.com")
    delivery = make_delivery(webhook=webhook)
    drain_deliveries()
    _let_time_pass(delivery)

    drain_deliveries()

    assert jobs_api.calls == [LOOKUP]
    assert internet.dialled == ["8.8.8.8"]
    assert "169.254.169.254 is not a" in delivery.attempts.all()[0].error


def test_a_token_whose_key_is_gone_is_told_in_words(
    jobs_api: JobsApi, settings: Settings
) -> None:
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))
    settings.ENCRYPTION_KEYS = ["another key"]

    drain_deliveries()

    attempt = delivery.attempts.get()
    assert "is not among SIGNOFF_ENCRYPTION_KEYS" in attempt.error
    assert attempt.url == jobs_api.url
    assert jobs_api.calls == []


@pytest.mark.parametrize("status", Webhook.Status.values)
def test_a_test_starts_a_real_run_and_answers_with_it(
    jobs_api: JobsApi, status: str
) -> None:
    jobs_api.add_job(123, "notebook_task")
    webhook = make_job_webhook(workspace_url=jobs_api.url, status=status)
    ada = make_user(is_superuser=True)

    attempts = [send_test(webhook, actor=ada) for _ in range(2)]

    assert [attempt.run_id for attempt in attempts] == [4000, 4001]
    assert attempts[0].status_code == 200
    assert json.loads(attempts[0].request_body)["job_id"] == 123
    assert jobs_api.runs[0].event["text"]
    webhook.refresh_from_db()
    assert webhook.parameter_form == ParameterForm.NAMED


def test_the_notebook_of_the_guide_reads_what_it_is_told(
    jobs_api: JobsApi, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs_api.add_job(123, "notebook_task")
    make_job_webhook(
        workspace_url=jobs_api.url, events=["MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"]
    )
    make_move_to_production(make_version(number=3))
    drain_deliveries()
    guide = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    guide = guide.partition("### Guide: start a job")[2]
    notebook = textwrap.dedent(guide.split("```python")[1].partition("```")[0])

    widgets = SimpleNamespace(get=jobs_api.runs[0].parameters["notebook_params"].get)
    exec(notebook, {"dbutils": SimpleNamespace(widgets=widgets)})  # noqa: S102 - ours

    assert "/3, which is in Production now" in capsys.readouterr().out


def test_an_answer_that_names_no_run_shows_none(
    jobs_api: JobsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs_api.add_job(123, "notebook_task")
    answers: list[Callable[[bytes], bytes]] = [lambda _: b"[1]", lambda _: b"ok"]
    webhook = make_job_webhook(workspace_url=jobs_api.url)

    for answer in answers:
        monkeypatch.setattr(jobs_api, "start", answer)
        attempt = send_test(webhook, actor=make_user(is_superuser=True))

        assert attempt.has_succeeded
        assert attempt.run_id is None


def _let_time_pass(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    Webhook.objects.update(held_until=None)
