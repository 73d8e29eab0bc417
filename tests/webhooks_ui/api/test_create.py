"""`registry-webhooks/create`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry_ui.models import AuditEvent, Level, RegisteredModel
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.api.conftest import Caller, caller
from webhooks_ui.models import Webhook

URL = "https://receiver.example.com/hook"
JOB = {"job_id": "1", "workspace_url": "https://dbc.example.com", "access_token": "t"}
By = Callable[[User], Caller]


@pytest.fixture(autouse=True)
def _no_name_service(internet: object) -> None:
    """No name resolves, which is no reason to refuse a webhook."""


def wanted(**given: Any) -> dict[str, Any]:
    """Return what a good call says."""
    return {
        "events": ["MODEL_VERSION_CREATED"],
        "model_name": "churn",
        "http_url_spec": {"url": URL},
    } | given


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_a_webhook_is_stored_and_shown_without_its_credentials(
    by: By, manager: User, churn: RegisteredModel
) -> None:
    spec = {"url": URL, "secret": "s3cret", "authorization": "Bearer t0ken"}

    answer = by(manager).call(
        "create",
        **wanted(http_url_spec=spec, description="to the chat", status="TEST_MODE"),
    )

    webhook = Webhook.objects.get()
    assert answer == {
        "webhook": {
            "id": webhook.pk,
            "events": ["MODEL_VERSION_CREATED"],
            "description": "to the chat",
            "status": "TEST_MODE",
            "creation_timestamp": round(webhook.created_at.timestamp() * 1000),
            "last_updated_timestamp": round(webhook.updated_at.timestamp() * 1000),
            "model_name": "churn",
            "http_url_spec": {"url": URL, "enable_ssl_verification": True},
        }
    }
    assert (webhook.secret, webhook.authorization) == ("s3cret", "Bearer t0ken")
    assert webhook.created_by == manager
    assert AuditEvent.objects.latest("position").actor_name == "mia"


def test_it_is_active_if_nothing_else_is_said(
    by: By, manager: User, churn: RegisteredModel
) -> None:
    answer = by(manager).call("create", **wanted())

    assert answer["webhook"]["status"] == "ACTIVE"


def test_a_registry_wide_one_has_no_model_name(by: By, admin: User) -> None:
    answer = by(admin).call("create", **wanted(model_name=None))

    assert "model_name" not in answer["webhook"]
    assert Webhook.objects.get().model is None


def test_a_job_has_its_own_specification(
    by: By, manager: User, churn: RegisteredModel
) -> None:
    job = JOB | {"job_id": 123}

    answer = by(manager).call("create", **wanted(http_url_spec=None, job_spec=job))

    assert "http_url_spec" not in answer["webhook"]
    assert answer["webhook"]["job_spec"] == {
        "job_id": "123",
        "workspace_url": "https://dbc.example.com",
    }
    assert Webhook.objects.get().access_token == JOB["access_token"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, (404, "RESOURCE_DOES_NOT_EXIST")),
        (Level.CAN_READ, (403, "PERMISSION_DENIED")),
        (Level.CAN_MANAGE_PRODUCTION_VERSIONS, (403, "PERMISSION_DENIED")),
    ],
)
def test_a_models_webhooks_need_can_manage(
    by: By,
    churn: RegisteredModel,
    level: Level | None,
    expected: tuple[int, str],
) -> None:
    user = make_user()
    if level:
        grant(user, level, churn)

    assert error_of(by(user).send("create", **wanted())) == expected
    assert not Webhook.objects.exists()


def test_can_manage_on_the_one_model_is_enough(by: By, churn: RegisteredModel) -> None:
    user = make_user()
    grant(user, Level.CAN_MANAGE, churn)

    by(user).call("create", **wanted())


def test_registry_wide_ones_are_for_administrators(by: By, manager: User) -> None:
    answer = by(manager).send("create", **wanted(model_name=None))

    assert error_of(answer) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("name", ["no-such-model", "gone"])
def test_a_model_that_is_not_there_has_no_webhooks(
    by: By, admin: User, churn: RegisteredModel, name: str
) -> None:
    make_model(name="gone", deleted_at=churn.created_at)

    answer = by(admin).send("create", **wanted(model_name=name))

    assert error_of(answer) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"http_url_spec": None}, "Give one of `http_url_spec` and `job_spec`."),
        ({"job_spec": JOB}, "not both"),
        ({"http_url_spec": {}}, "`http_url_spec.url` is missing"),
        ({"http_url_spec": "x"}, "`http_url_spec`: Input should be"),
        ({"http_url_spec": {"url": "http://x.example.com"}}, "must begin with https"),
        ({"http_url_spec": {"url": "https://10.0.0.1"}}, "not a public address"),
        ({"http_url_spec": {"url": ""}}, "must begin with https"),
        ({"http_url_spec": {"url": URL, "secret": "a\nb"}}, "on one line"),
        ({"http_url_spec": {"url": URL + "x" * 5000}}, "at most 2,000"),
        ({"http_url_spec": {"uri": URL}}, "`http_url_spec.url` is missing"),
        ({"http_url_spec": None, "job_spec": {"job_id": "1"}}, "workspace_url` is"),
        (
            {"http_url_spec": None, "job_spec": JOB | {"job_id": "one"}},
            "The job id must be a whole number",
        ),
        ({"events": None}, "`events` is missing"),
        ({"events": []}, "at least one event"),
        ({"events": ["MODEL_CREATED"]}, "There is no event 'MODEL_CREATED'"),
        ({"events": ["comment_created"]}, "There is no event 'comment_created'"),
        ({"events": [["COMMENT_CREATED"]]}, "`events.0`: Input should be a valid"),
        ({"events": ["REGISTERED_MODEL_CREATED"]}, "registry-wide webhooks only"),
        ({"status": "PAUSED"}, "`status`: Input should be 'TEST_MODE', 'ACTIVE' or"),
        ({"status": 1}, "`status`: Input should be"),
        ({"model_name": ""}, "`model_name`: This is empty."),
        ({"model_name": {"name": "churn"}}, "`model_name`: Input should be a valid"),
        ({"model_nme": "churn"}, "There is no field `model_nme`"),
        ({"description": "x" * 5000}, "at most 1,000"),
        ({"description": 1.5}, "`description`: Input should be a valid string"),
    ],
)
def test_what_will_not_do_is_named(
    by: By, admin: User, churn: RegisteredModel, given: dict[str, Any], reason: str
) -> None:
    answer: Any = by(admin).send("create", **wanted(**given))

    assert error_of(answer) == (400, "INVALID_PARAMETER_VALUE")
    assert reason in answer.json()["message"]
    assert not Webhook.objects.exists()


def test_no_error_repeats_a_credential(by: By, admin: User) -> None:
    spec = {"url": "https://10.0.0.1", "secret": "s3cret", "authorization": {"t0": 1}}

    answer: Any = by(admin).send("create", **wanted(http_url_spec=spec))

    assert answer.status_code == 400
    assert b"s3cret" not in answer.content
    assert b"t0" not in answer.content


def test_events_of_our_own_exist_below_the_plain_prefix_alone(
    manager: User, churn: RegisteredModel
) -> None:
    given = wanted(events=["INCIDENT_OPENED", "COMMENT_CREATED"])

    refused: Any = caller(manager, "/api/2.0/preview/mlflow").send("create", **given)
    taken = caller(manager).call("create", **given)

    assert error_of(refused) == (400, "INVALID_PARAMETER_VALUE")
    assert "without `preview`" in refused.json()["message"]
    assert set(taken["webhook"]["events"]) == set(given["events"])


def test_curl_as_databricks_documents_show_it_works(
    by: By, admin: User, churn: RegisteredModel
) -> None:
    client, prefix = by(admin).client, by(admin).prefix
    body = (
        '{"model_name": "churn", "events": ["COMMENT_CREATED"],'
        f' "http_url_spec": {{"url": "{URL}"}}}}'
    )
    form = "application/x-www-form-urlencoded"

    made: Any = client.generic("POST", f"{prefix}/registry-webhooks/create", body, form)
    listed: Any = client.generic(
        "GET", f"{prefix}/registry-webhooks/list", '{"model_name": "churn"}', form
    )

    assert listed.json() == {"webhooks": [made.json()["webhook"]]}


def test_a_session_changes_nothing_without_the_csrf_token(
    by: By, admin: User, churn: RegisteredModel
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    found = {
        kind: client.generic(
            "POST", f"{by(admin).prefix}/registry-webhooks/create", "{}", kind
        ).status_code
        for kind in ("text/plain", "application/x-www-form-urlencoded")
    }

    assert set(found.values()) == {403}
