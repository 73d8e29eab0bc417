"""How a job takes an event: read from its description, put into the body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks_ui.jobs_api import MOST_PARAMETER_BYTES
from webhooks_ui.http_client.jobs import JobRun, body_of, fitting, form_of
from webhooks_ui.models import ParameterForm


@pytest.mark.parametrize(
    ("settings", "form"),
    [
        ({"tasks": [{"task_key": "a", "notebook_task": {}}]}, ParameterForm.NAMED),
        ({"tasks": [{"python_wheel_task": {}}]}, ParameterForm.NAMED),
        ({"tasks": [{"spark_python_task": {}}]}, ParameterForm.LISTED),
        ({"tasks": [{"spark_jar_task": {}}]}, ParameterForm.LISTED),
        ({"tasks": [{"spark_submit_task": {}}]}, ParameterForm.LISTED),
        ({"tasks": [{"dbt_task": {}}]}, ParameterForm.NONE),
        ({"tasks": [{"of_tomorrow_task": {}}]}, ParameterForm.NONE),
        ({"tasks": [{"dbt_task": {}}, {"notebook_task": {}}]}, ParameterForm.ALL),
        ({"notebook_task": {}, "name": "of API 2.0"}, ParameterForm.NAMED),
        ({"spark_jar_task": {}, "tasks": []}, ParameterForm.LISTED),
    ],
)
def test_the_tasks_of_a_job_tell_how_it_takes_an_event(
    settings: dict[str, object], form: ParameterForm
) -> None:
    description = json.dumps({"job_id": 1, "settings": settings}).encode()

    assert form_of(description) == form


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"<html>Sign in</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'{"settings":[]}',
        b'{"settings":{}}',
        b'{"settings":{"tasks":"none"}}',
        b'{"settings":{"tasks":[1]}}',
        b'{"settings":{"tasks":[{"task_key":"a"}]}}',
        b'{"settings":{"tasks":[{"notebook_task":{}}]}',
    ],
)
def test_what_describes_no_job_tells_nothing(description: bytes) -> None:
    assert form_of(description) == ""


def test_a_job_of_several_tasks_is_told_in_every_form() -> None:
    body = json.loads(body_of(_run('{"event":"E"}'), ParameterForm.ALL))

    named, listed = {"event_message": '{"event":"E"}'}, ['{"event":"E"}']
    assert body == {
        "job_id": 1234567890,
        "idempotency_token": "t" * 64,
        "notebook_params": named,
        "python_named_params": named,
        "jar_params": listed,
        "python_params": listed,
        "spark_submit_params": listed,
    }


def test_a_job_that_takes_no_parameters_is_only_started() -> None:
    body = json.loads(body_of(_run("{}"), ParameterForm.NONE))

    assert body == {"job_id": 1234567890, "idempotency_token": "t" * 64}


def test_a_short_event_is_told_as_it_is() -> None:
    event = json.dumps({"event": "E", "comment": "ü" * 1000}, ensure_ascii=False)

    assert fitting(event) == event


@given(
    comment=st.text(max_size=11_000) | st.just("\U0001f680" * 10_000),
    value=st.text(max_size=11_000) | st.just('"\\' * 5_000),
)
def test_no_event_is_too_long_for_the_jobs_api(comment: str, value: str) -> None:
    payload = {"event": "E", "comment": comment, "tags": [{"key": "k", "value": value}]}
    run = _run(json.dumps(payload, ensure_ascii=False, separators=(",", ":")))

    body = json.loads(body_of(run, ParameterForm.ALL))

    for name in ("python_named_params", "spark_submit_params"):
        assert len(json.dumps({name: body[name]})) <= MOST_PARAMETER_BYTES
    told = json.loads(body["python_params"][0])
    assert told["event"] == "E"
    assert told["comment"].removesuffix("…") == comment[: len(told["comment"]) - 1] or (
        told["comment"] == comment
    )


def _run(event: str) -> JobRun:
    return JobRun("https://dbc.example.com", "1234567890", event, "t" * 64)
