"""`registry-webhooks/update`, `delete`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from registry_ui.models import AuditEvent, Level, RegisteredModel
from tests.factories import make_user
from tests.webhooks_ui.api.conftest import PREFIXES, Caller, caller
from tests.webhooks_ui.factories import make_webhook
from webhooks_ui.models import Webhook

By = Callable[[User], Caller]
OLD = "https://receiver.example.com/hook"
SECRET = "s3cret"  # noqa: S105 - tests only
NEW = "https://other.example.com/hook"
JOB = {"job_id": "7", "workspace_url": "https://dbc.example.com", "access_token": "t"}


@pytest.fixture(autouse=True)
def _no_name_service(internet: object) -> None:
    """No name resolves, which is no reason to refuse a webhook."""


@pytest.fixture
def webhook(churn: RegisteredModel) -> Webhook:
    return make_webhook(
        model=churn,
        events=["COMMENT_CREATED"],
        description="to the chat",
        status="DISABLED",
        secret=SECRET,
        authorization="Bearer t0ken",
        enable_ssl_verification=False,
    )


def test_only_what_is_given_changes(by: By, manager: User, webhook: Webhook) -> None:
    answer = by(manager).call("update", id=webhook.pk, description="to the log")

    webhook.refresh_from_db()
    assert answer["webhook"]["description"] == webhook.description == "to the log"
    assert (webhook.url, webhook.status) == (OLD, "DISABLED")
    assert webhook.events == ["COMMENT_CREATED"]
    assert (webhook.secret, webhook.authorization) == (SECRET, "Bearer t0ken")
    assert not webhook.enable_ssl_verification
    event = AuditEvent.objects.latest("position")
    assert event.details["changed"] == ["description"]


def test_nothing_given_changes_nothing(by: By, manager: User, webhook: Webhook) -> None:
    calls = by(manager)
    before = AuditEvent.objects.count()

    answer = calls.call("update", id=webhook.pk)

    assert answer["webhook"]["id"] == webhook.pk
    assert AuditEvent.objects.count() == before


def test_events_are_replaced_whole(by: By, manager: User, webhook: Webhook) -> None:
    events = ["MODEL_VERSION_TAG_SET", "MODEL_VERSION_CREATED"]

    answer = by(manager).call("update", id=webhook.pk, events=events)

    assert set(answer["webhook"]["events"]) == set(events)


def test_a_receiver_is_replaced_whole_with_its_credentials(
    by: By, manager: User, webhook: Webhook
) -> None:
    answer = by(manager).call("update", id=webhook.pk, http_url_spec={"url": NEW})

    webhook.refresh_from_db()
    assert answer["webhook"]["http_url_spec"] == {
        "url": NEW,
        "enable_ssl_verification": True,
    }
    assert (webhook.secret, webhook.authorization) == ("", "")
    assert webhook.events == ["COMMENT_CREATED"]


def test_new_credentials_come_with_the_receiver(
    by: By, manager: User, webhook: Webhook
) -> None:
    spec = {"url": OLD, "secret": "new", "authorization": "Basic x"}

    by(manager).call("update", id=webhook.pk, http_url_spec=spec)

    webhook.refresh_from_db()
    assert (webhook.secret, webhook.authorization) == ("new", "Basic x")


def test_a_job_may_take_the_place_of_an_endpoint(
    by: By, manager: User, webhook: Webhook
) -> None:
    to_job = by(manager).call("update", id=webhook.pk, job_spec=JOB)
    back = by(manager).call("update", id=webhook.pk, http_url_spec={"url": NEW})

    assert to_job["webhook"]["job_spec"]["job_id"] == "7"
    assert "http_url_spec" not in to_job["webhook"]
    assert "job_spec" not in back["webhook"]


def test_a_job_keeps_its_token_where_it_is_not_replaced(
    by: By, manager: User, webhook: Webhook
) -> None:
    by(manager).call("update", id=webhook.pk, job_spec=JOB)

    answer = by(manager).call("update", id=webhook.pk, description="deploys")

    webhook.refresh_from_db()
    assert answer["webhook"]["job_spec"]["job_id"] == JOB["job_id"]
    assert (webhook.access_token, webhook.description) == ("t", "deploys")


def test_a_status_is_set_beside_the_rest_or_alone(
    by: By, manager: User, webhook: Webhook
) -> None:
    alone = by(manager).call("update", id=webhook.pk, status="ACTIVE")
    beside = by(manager).call(
        "update", id=webhook.pk, status="TEST_MODE", description="x"
    )

    assert alone["webhook"]["status"] == "ACTIVE"
    assert (beside["webhook"]["status"], beside["webhook"]["description"]) == (
        "TEST_MODE",
        "x",
    )
    webhook.refresh_from_db()
    assert webhook.status == "TEST_MODE"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"http_url_spec": {"url": NEW}, "job_spec": JOB}, "not both"),
        ({"http_url_spec": {}}, "`http_url_spec.url` is missing"),
        ({"http_url_spec": {"url": "https://127.0.0.1/"}}, "not a public address"),
        ({"job_spec": {"job_id": "7"}}, "`job_spec.access_token` is missing"),
        ({"events": []}, "at least one event"),
        ({"events": ["NONSENSE"]}, "There is no event 'NONSENSE'"),
        ({"events": ["REGISTERED_MODEL_CREATED"]}, "registry-wide webhooks only"),
        ({"status": "PAUSED"}, "`status`: Input should be"),
        ({"model_name": "fraud"}, "There is no field `model_name`"),
        ({"id": None}, "`id` is missing"),
        ({"id": []}, "`id`: Input should be a valid string"),
    ],
)
def test_what_will_not_do_changes_nothing(
    by: By, manager: User, webhook: Webhook, given: dict[str, Any], reason: str
) -> None:
    answer: Any = by(manager).send("update", **{"id": webhook.pk} | given)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert reason in answer.json()["message"]
    updated_at = webhook.updated_at
    webhook.refresh_from_db()
    assert webhook.updated_at == updated_at


@pytest.mark.parametrize("verb", ["update", "delete", "test"])
@pytest.mark.parametrize(
    "webhook_id", ["0" * 32, 123, "nonsense", "", "x" * 10_000, "é/../?"]
)
def test_an_unknown_id_is_not_found(
    by: By, admin: User, verb: str, webhook_id: object
) -> None:
    answer: Any = by(admin).send(verb, id=webhook_id)

    assert answer.status_code == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("verb", ["update", "delete", "test"])
def test_what_one_does_not_manage_is_not_found(
    by: By, manager: User, webhook: Webhook, verb: str
) -> None:
    editor = make_user(level=Level.CAN_EDIT)
    of_registry = make_webhook()

    answers: list[Any] = [
        by(editor).send(verb, id=webhook.pk),
        by(manager).send(verb, id=of_registry.pk),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Webhook.objects.count() == 2


def test_the_preview_keeps_the_events_that_its_client_cannot_see(
    manager: User, churn: RegisteredModel
) -> None:
    webhook = make_webhook(model=churn, events=["INCIDENT_OPENED", "COMMENT_CREATED"])
    plain, preview = (caller(manager, prefix) for prefix in PREFIXES.values())

    seen = preview.call("update", id=webhook.pk, events=["MODEL_VERSION_CREATED"])

    webhook.refresh_from_db()
    assert seen["webhook"]["events"] == ["MODEL_VERSION_CREATED"]
    assert set(webhook.events) == {"INCIDENT_OPENED", "MODEL_VERSION_CREATED"}
    replaced = plain.call("update", id=webhook.pk, events=["COMMENT_CREATED"])
    assert replaced["webhook"]["events"] == ["COMMENT_CREATED"]


def test_the_preview_never_answers_a_webhook_without_events(
    manager: User, churn: RegisteredModel
) -> None:
    webhook = make_webhook(model=churn, events=["INCIDENT_OPENED"])
    preview = caller(manager, PREFIXES["preview"])

    refused: Any = preview.send("update", id=webhook.pk, description="x")
    taken = preview.call("update", id=webhook.pk, events=["COMMENT_CREATED"])

    assert refused.status_code == 400
    assert "without `preview`" in refused.json()["message"]
    assert taken["webhook"]["events"] == ["COMMENT_CREATED"]
    webhook.refresh_from_db()
    assert set(webhook.events) == {"INCIDENT_OPENED", "COMMENT_CREATED"}


@pytest.mark.parametrize("way", ["query", "body"])
def test_a_webhook_is_deleted_by_query_and_by_body(
    by: By, manager: User, webhook: Webhook, way: str
) -> None:
    answer: Any = (
        by(manager).query("delete", f"id={webhook.pk}")
        if way == "query"
        else by(manager).send("delete", id=webhook.pk)
    )

    assert (answer.status_code, answer.json()) == (200, {})
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", '{"id": null}'])
def test_a_deletion_of_nothing_in_particular_is_refused(
    by: By, admin: User, webhook: Webhook, body: str
) -> None:
    answer: Any = by(admin).client.generic(
        "DELETE", f"{by(admin).prefix}/registry-webhooks/delete", body
    )

    assert answer.status_code == 400
    assert answer.json()["message"] == "`id` is missing."
    assert Webhook.objects.exists()
