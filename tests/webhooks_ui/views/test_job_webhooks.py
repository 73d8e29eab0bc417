"""The pages of webhooks that start a job: the form of both kinds, and what is shown."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_model, make_user
from tests.webhooks_ui.factories import make_delivery, make_job_webhook, make_webhook
from tests.webhooks_ui.jobs_api import JobsApi
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.models import Delivery, ParameterForm, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

CREATE = "/webhooks/new/"
TOKEN = "dapi-0123456789abcdef"  # noqa: S105 - opens nothing


@pytest.fixture
def admin() -> User:
    """Somebody who may do everything."""
    return make_user(is_superuser=True)


@pytest.fixture
def ada(client: Client, admin: User) -> Client:
    """A browser in which the administrator is signed in."""
    client.force_login(admin)
    return client


def test_a_job_webhook_is_created_and_tested_without_javascript(
    ada: Client, jobs_api: JobsApi
) -> None:
    jobs_api.add_job(123, "notebook_task")
    form = ada.get(CREATE).context["form"]
    data = _form_data(workspace_url=jobs_api.url, secret=form["secret"].value())

    created = ada.post(CREATE, data, follow=True)
    webhook = Webhook.objects.get()
    tested = ada.post(_url("webhook_test", webhook), follow=True)

    assert created.redirect_chain[0][0] == webhook.get_absolute_url()
    assert "<strong>Starts a real run</strong> of job 123" in created.content.decode()
    assert (webhook.job_id, webhook.access_token) == ("123", TOKEN)
    assert (webhook.url, webhook.secret) == ("", "")
    html = tested.content.decode()
    assert "run 4000" in html
    assert "HTTP 200" in html
    assert "event_message" in html
    assert "Notebook or Python wheel" in html
    assert len(jobs_api.runs) == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"kind": "CRON"}, "kind", "CRON is not one of the available choices."),
        ({"job_id": ""}, "job_id", "This field is required."),
        ({"job_id": "one"}, "job_id", "must be a whole number"),
        ({"job_id": "1" * 20}, "job_id", "at most 19 characters"),
        ({"workspace_url": ""}, "workspace_url", "This field is required."),
        ({"workspace_url": "https://a.b/x"}, "workspace_url", "host of the workspace"),
        ({"workspace_url": "https://10.0.0.1"}, "workspace_url", "not a public"),
        ({"access_token": ""}, "access_token", "This field is required."),
        ({"access_token": "a\tb"}, "access_token", "The access token may hold ASCII"),
        ({"events": []}, "events", "Choose at least one event."),
    ],
)
def test_what_will_not_do_is_told_at_its_field(
    ada: Client, changes: dict[str, object], field: str, message: str
) -> None:
    page = ada.post(CREATE, _form_data(description="Deploys it") | changes)

    assert page.status_code == 422
    assert any(message in error for error in page.context["form"].errors[field])
    assert "Deploys it" in page.content.decode()
    assert not Webhook.objects.exists()


def test_only_the_fields_of_the_chosen_kind_are_checked(ada: Client) -> None:
    wrong_job = {"job_id": "x" * 99, "workspace_url": "nowhere", "access_token": "é"}
    url = "https://receiver.example.com/hook"

    as_job = ada.post(CREATE, _form_data(url="nowhere", authorization="a\tb"))
    as_http = ada.post(CREATE, _form_data(kind="HTTP", url=url) | wrong_job)

    assert (as_job.status_code, as_http.status_code) == (302, 302)
    http, job = Webhook.objects.order_by("kind")
    assert (http.url, http.job_id) == (url, "")
    assert (job.url, job.job_id) == ("", "123")


def test_an_edit_shows_the_fields_of_its_kind_and_keeps_the_token(
    ada: Client,
) -> None:
    job, http = make_job_webhook(), make_webhook()

    job_page = ada.get(_url("webhook_update", job)).content.decode()
    http_page = ada.get(_url("webhook_update", http)).content.decode()
    answer = ada.post(
        _url("webhook_update", job),
        _form_data(
            kind="HTTP",
            job_id="456",
            workspace_url=job.workspace_url,
            access_token="",
        ),
    )

    assert 'name="job_id" value="123"' in job_page
    assert 'name="url"' not in job_page
    assert 'name="kind"' not in job_page
    assert 'name="job_id"' not in http_page
    assert answer.status_code == 302
    job.refresh_from_db()
    assert (job.kind, job.job_id, job.access_token) == ("JOB", "456", TOKEN)


def test_a_copy_of_a_job_webhook_starts_the_same_job(ada: Client) -> None:
    webhook = make_job_webhook()

    form = ada.get(CREATE, {"from": webhook.pk}).context["form"]

    names = ("kind", "job_id", "workspace_url", "access_token")
    shown = [form[name].value() for name in names]
    assert shown == ["JOB", "123", webhook.workspace_url, None]


def test_a_lookup_that_failed_is_shown_as_the_request_it_was(
    ada: Client, jobs_api: JobsApi
) -> None:
    webhook = make_job_webhook(workspace_url=jobs_api.url)

    page = ada.post(_url("webhook_test", webhook), follow=True)

    html = page.content.decode()
    assert f"GET {jobs_api.url}/api/2.1/jobs/get?job_id=123" in html
    assert "The job could not be looked up" in html
    assert "event_message" not in html


def test_the_token_never_comes_out_again(ada: Client, jobs_api: JobsApi) -> None:
    jobs_api.add_job(123, "notebook_task")
    webhook = make_job_webhook(workspace_url=jobs_api.url)
    ada.post(_url("webhook_test", webhook))
    delivery = webhook.deliveries.get()

    pages = [
        ada.get(path).content.decode()
        for path in (
            reverse("webhooks_ui:webhook_list"),
            webhook.get_absolute_url(),
            _url("webhook_update", webhook),
            _url("webhook_delete", webhook),
            delivery.get_absolute_url(),
            reverse("admin:webhooks_ui_webhook_changelist"),
            reverse("admin:webhooks_ui_webhook_change", args=[webhook.pk]),
            reverse("admin:webhooks_ui_delivery_change", args=[delivery.pk]),
        )
    ]

    for page in pages:
        assert TOKEN not in page
        assert webhook.encrypted_access_token not in page


def test_the_page_of_a_model_names_job_and_workspace(ada: Client) -> None:
    model = make_model()
    webhook = make_job_webhook(
        model=model,
        parameter_form=ParameterForm.ALL,
        parameter_form_read_at=timezone.now(),
    )

    panel = ada.get(model.get_absolute_url()).content.decode()
    page = ada.get(webhook.get_absolute_url()).content.decode()

    assert "job 123 at dbc-1.example.com" in panel
    assert "https://dbc-1.example.com" in page
    assert "Several tasks" in page


def test_who_sends_a_succeeded_delivery_again_is_told_that_a_run_starts(
    ada: Client, jobs_api: JobsApi
) -> None:
    jobs_api.add_job(123, "notebook_task")
    delivery = make_delivery(webhook=make_job_webhook(workspace_url=jobs_api.url))
    drain_deliveries()

    page = ada.get(delivery.get_absolute_url()).content.decode()
    ada.post(
        reverse(
            "webhooks_ui:delivery_redeliver", args=[delivery.webhook_id, delivery.pk]
        )
    )
    drain_deliveries()

    assert "Start another run" in page
    assert "run 4000" in page
    assert len(jobs_api.runs) == 2
    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.SUCCEEDED


def _url(name: str, webhook: Webhook) -> str:
    return reverse(f"webhooks_ui:{name}", args=[webhook.pk])


def _form_data(**changes: object) -> dict[str, object]:
    return {
        "kind": "JOB",
        "workspace_url": "https://dbc-1.example.com",
        "job_id": "123",
        "access_token": TOKEN,
        "events": ["MODEL_VERSION_TRANSITIONED_TO_STAGING"],
        "description": "",
        "status": "TEST_MODE",
    } | changes
