"""Webhooks that start a job: what is asked of them, and changing from kind to kind."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from registry_ui.errors import ActionError, InvalidFieldError
from registry_ui.models import AuditEvent
from registry_ui.views.sentences import event_lines
from tests.factories import make_user
from tests.webhooks_ui.conftest import Internet
from tests.webhooks_ui.factories import make_job_webhook, make_webhook
from webhooks_ui.actions.secrets import rotate_secret
from webhooks_ui.actions.webhooks import WebhookInput, create_webhook, update_webhook
from webhooks_ui.models import ParameterForm, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("internet")]

WORKSPACE = "https://dbc-1.example.com"
TOKEN = "dapi-0123456789abcdef"  # noqa: S105 - opens nothing


def test_a_job_webhook_is_stored_with_its_token_sealed() -> None:
    create_webhook(_given(workspace_url=f"{WORKSPACE}/"), actor=_admin(), model=None)

    stored = Webhook.objects.get()
    assert stored.is_job
    assert (stored.job_id, stored.workspace_url) == ("123", WORKSPACE)
    assert stored.access_token == TOKEN
    assert str(stored) == "All models → job 123 at dbc-1.example.com"
    assert TOKEN not in json.dumps(list(Webhook.objects.values()), default=str)
    event = AuditEvent.objects.get(type="webhook.created")
    assert TOKEN not in event.body
    (line,) = event_lines([event])
    assert line.sentence.endswith("the webhook to job 123 at dbc-1.example.com")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "CRON"),
        ("job_id", ""),
        ("job_id", "one"),
        ("job_id", "-1"),
        ("job_id", "0"),
        ("job_id", "007"),
        ("job_id", "12.5"),
        ("job_id", "١٢"),
        ("job_id", "9223372036854775808"),
        ("job_id", "1" * 5000),
        ("job_id", "12&x=1"),
        ("workspace_url", ""),
        ("workspace_url", "dbc-1.example.com"),
        ("workspace_url", "http://dbc-1.example.com"),
        ("workspace_url", "ftp://dbc-1.example.com"),
        ("workspace_url", f"{WORKSPACE}/jobs/123"),
        ("workspace_url", f"{WORKSPACE}?o=1"),
        ("workspace_url", f"{WORKSPACE}?"),
        ("workspace_url", f"{WORKSPACE}#"),
        ("workspace_url", "https://me:hush@dbc-1.example.com"),
        ("workspace_url", "https://[::1"),
        ("workspace_url", "https://dbc-1.example.com:22"),
        ("workspace_url", "https://dbc-1.example.com:no"),
        ("workspace_url", "https://dbc 1.example.com"),
        ("workspace_url", f"https://{'a' * 3000}.example.com"),
        ("workspace_url", "https://10.0.0.7"),
        ("workspace_url", "https://localhost:8443"),
        ("workspace_url", "https://[::ffff:169.254.169.254]"),
        ("workspace_url", "https://2130706433"),
        ("workspace_url", "https://inside.example.com"),
        ("access_token", None),
        ("access_token", ""),
        ("access_token", "dapi\r\nX-Header: 1"),
        ("access_token", "dapi\u00fc"),
        ("access_token", "d" * 1001),
    ],
)
def test_what_will_not_do_is_refused_at_its_field(
    internet: Internet, field: str, value: str | None
) -> None:
    internet.names["inside.example.com"] = [["10.0.0.7"]]
    internet.names["localhost"] = [["127.0.0.1"]]

    with pytest.raises(InvalidFieldError) as caught:
        create_webhook(_given(**{field: value}), actor=_admin(), model=None)

    assert caught.value.field == field
    assert not Webhook.objects.exists()


def test_a_token_that_is_not_given_anew_stays() -> None:
    webhook = make_job_webhook()

    update_webhook(webhook, _given(job_id="456", access_token=None), actor=_admin())

    webhook.refresh_from_db()
    assert (webhook.job_id, webhook.access_token) == ("456", TOKEN)


def test_a_stored_token_goes_to_no_other_workspace() -> None:
    webhook = make_job_webhook()
    elsewhere = _given(workspace_url="https://evil.example.com", access_token=None)

    with pytest.raises(InvalidFieldError, match="another workspace") as caught:
        update_webhook(webhook, elsewhere, actor=_admin())

    webhook.refresh_from_db()
    assert caught.value.field == "access_token"
    assert webhook.workspace_url == WORKSPACE


def test_another_job_is_looked_up_anew() -> None:
    webhook = make_job_webhook(parameter_form=ParameterForm.NAMED)

    update_webhook(webhook, _given(job_id="456"), actor=_admin())

    webhook.refresh_from_db()
    assert (webhook.parameter_form, webhook.parameter_form_read_at) == ("", None)


def test_a_webhook_becomes_one_of_the_other_kind_and_back() -> None:
    webhook = make_webhook(secret="s" * 24, authorization="Bearer hush")

    update_webhook(webhook, _given(), actor=_admin())
    webhook.refresh_from_db()
    as_job = (webhook.is_job, webhook.url, webhook.secret, webhook.authorization)
    http = WebhookInput(url="https://a.example.com/hook", events=["COMMENT_CREATED"])
    update_webhook(webhook, http, actor=_admin())

    webhook.refresh_from_db()
    assert as_job == (True, "", "", "")
    assert webhook.url == "https://a.example.com/hook"
    assert (webhook.is_job, webhook.job_id, webhook.workspace_url) == (False, "", "")
    assert webhook.access_token == ""
    changed = AuditEvent.objects.filter(type="webhook.updated").first()
    assert changed is not None
    assert {"kind", "job_id", "url"} <= set(changed.details["changed"])


def test_one_of_the_other_kind_must_be_given_whole() -> None:
    webhook = make_webhook()

    with pytest.raises(InvalidFieldError, match="Give an access token"):
        update_webhook(webhook, _given(access_token=None), actor=_admin())

    webhook.refresh_from_db()
    assert not webhook.is_job


def test_what_changed_of_a_job_is_on_record_without_its_token() -> None:
    webhook = make_job_webhook()

    update_webhook(
        webhook, _given(job_id="456", access_token=f"{TOKEN}-new"), actor=_admin()
    )

    event = AuditEvent.objects.get(type="webhook.updated")
    assert event.details["before"]["job_id"] == "123"
    assert event.details["after"]["job_id"] == "456"
    assert event.details["after"]["access_token"] is True
    assert "dapi" not in event.body


def test_a_job_webhook_has_no_secret_to_rotate() -> None:
    with pytest.raises(ActionError, match="has no secret"):
        rotate_secret(make_job_webhook(), actor=_admin())


@pytest.mark.parametrize("column", ["job_id", "workspace_url"])
def test_the_database_keeps_no_job_webhook_without_its_job(column: str) -> None:
    with pytest.raises(IntegrityError):
        make_job_webhook(**{column: ""})


def _given(**fields: object) -> WebhookInput:
    values: dict[str, object] = {
        "kind": "JOB",
        "job_id": "123",
        "workspace_url": WORKSPACE,
        "access_token": TOKEN,
        "events": ["MODEL_VERSION_TRANSITIONED_TO_STAGING"],
    }
    return WebhookInput(**(values | fields))  # type: ignore[arg-type] # of a test


def _admin() -> User:
    return make_user(is_superuser=True)
