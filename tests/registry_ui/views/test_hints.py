"""`/hints/mlflow/`: what is taken, and what is refused without any effect."""

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry_ui.models import Hint, MLflowWebhook
from tests.registry_ui.hinting import hint_body, make_mlflow_webhook, signed_headers

pytestmark = pytest.mark.django_db

BODY = hint_body("churn", alias="champion", version="7")


@pytest.fixture
def webhook() -> MLflowWebhook:
    return make_mlflow_webhook()


def send(body: str, headers: dict[str, str]) -> HttpResponse:
    client = Client(enforce_csrf_checks=True)
    return client.post(  # type: ignore[return-value] # the client's own subclass
        "/hints/mlflow/",
        body.encode(),
        content_type="application/json",
        headers=headers,
    )


def assert_refused(response: HttpResponse, status: int, text: str) -> None:
    assert response.status_code == status
    assert response["Content-Type"] == "text/plain"
    assert text in response.content.decode()
    assert not Hint.objects.exists()
    hook = MLflowWebhook.load()
    assert hook is None or hook.hinted_at is None


def test_a_signed_hint_is_noted(webhook: MLflowWebhook) -> None:
    response = send(BODY, signed_headers(BODY))

    assert (response.status_code, response.content) == (204, b"")
    hint = Hint.objects.get()
    assert (hint.model_name, hint.version_number) == ("churn", 7)
    webhook.refresh_from_db()
    assert webhook.hinted_at == hint.received_at


def test_another_secret_is_refused(webhook: MLflowWebhook) -> None:
    headers = signed_headers(BODY, secret="guessed")  # noqa: S106 - of a test

    assert_refused(send(BODY, headers), 401, "X-MLflow-Signature does not fit")


@pytest.mark.parametrize(
    "header", ["X-MLflow-Delivery-Id", "X-MLflow-Timestamp", "X-MLflow-Signature"]
)
@pytest.mark.parametrize("value", [None, "", "v1,", "ü", "1"])
def test_a_header_that_is_missing_or_another_is_refused(
    webhook: MLflowWebhook, header: str, value: str | None
) -> None:
    headers = signed_headers(BODY)
    headers.pop(header)
    if value is not None:
        headers[header] = value

    assert_refused(send(BODY, headers), 401, "X-MLflow-Signature does not fit")


def test_the_headers_of_another_body_are_refused(webhook: MLflowWebhook) -> None:
    headers = signed_headers(BODY)

    response = send(BODY.replace("churn", "fraud"), headers)

    assert_refused(response, 401, "X-MLflow-Signature does not fit")


@pytest.mark.parametrize("age", [310, -310])
def test_a_hint_of_another_time_is_refused(webhook: MLflowWebhook, age: int) -> None:
    headers = signed_headers(BODY, age_seconds=age)

    assert_refused(send(BODY, headers), 401, "more than 5 minutes off")


@pytest.mark.parametrize("age", [290, -290])
def test_clocks_may_differ_a_little(webhook: MLflowWebhook, age: int) -> None:
    response = send(BODY, signed_headers(BODY, age_seconds=age))

    assert response.status_code == 204


def test_a_big_body_is_refused_unread(
    webhook: MLflowWebhook, settings: Settings
) -> None:
    body = hint_body("churn", value="x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    assert_refused(send(body, signed_headers(body)), 413, "at most 2,621,440 bytes")


def test_the_longest_tag_of_mlflow_fits(webhook: MLflowWebhook) -> None:
    body = hint_body("churn", version="1", key="k", value="\U0001f600" * 100_000)

    assert send(body, signed_headers(body)).status_code == 204


@pytest.mark.parametrize(
    "body",
    ["", "not JSON", "[]", "{}", '{"data": []}', hint_body(""), "[" * 100_000],
)
def test_a_signed_body_that_names_no_model_is_refused(
    webhook: MLflowWebhook, body: str
) -> None:
    assert_refused(send(body, signed_headers(body)), 400, "names a model")


@pytest.mark.parametrize("version", ["0", "-1", "x", "99999999999", 1.5, None, [1]])
def test_a_strange_version_is_left_out(webhook: MLflowWebhook, version: object) -> None:
    body = hint_body("nul \x00 and half a pair \ud800", version=version)

    assert send(body, signed_headers(body)).status_code == 204
    assert Hint.objects.get().version_number is None


def test_without_a_webhook_nothing_is_taken() -> None:
    assert_refused(send(BODY, signed_headers(BODY)), 401, "mlflow_hints register")


def test_a_secret_whose_key_is_gone_is_told(
    webhook: MLflowWebhook, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = ["the key that came after"]

    response = send(BODY, signed_headers(BODY))

    assert_refused(response, 401, "SIGNOFF_ENCRYPTION_KEYS")
