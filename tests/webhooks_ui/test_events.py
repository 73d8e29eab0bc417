"""Each event, from what causes it to what a receiver gets and verifies."""

import json
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pytest_django import Settings
from standardwebhooks import Webhook as StandardWebhook

from tests.mlflow_server import MLflowServer
from tests.webhooks_ui.factories import make_webhook
from tests.webhooks_ui.happenings import (
    HAPPENINGS,
    IN_MLFLOW,
    IN_THE_MIRROR,
    Registry,
    make_registry,
)
from tests.webhooks_ui.receivers import Received, Receiver
from webhooks_ui.actions.deliver import drain_deliveries
from webhooks_ui.models import EventName, PayloadFormat
from webhooks_ui.payloads import cloud_type_of, schema_of, schema_url
from webhooks_ui.signing import databricks_signature, generate_secret

CLOUD_TYPE = "application/cloudevents+json; charset=utf-8"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]


@pytest.fixture(autouse=True)
def address(settings: Settings) -> None:
    settings.BASE_URL = "https://signoff.example.com"


def test_something_causes_each_event() -> None:
    assert set(HAPPENINGS) == set(EventName)


@pytest.mark.parametrize("name", IN_THE_MIRROR)
def test_a_receiver_gets_what_happens_here_in_the_published_form_signed_twice(
    name: EventName, receiver: Receiver
) -> None:
    _check(name, make_registry(), receiver)


@pytest.mark.parametrize("name", IN_MLFLOW)
def test_a_receiver_gets_what_happens_in_mlflow_in_the_published_form_signed_twice(
    name: EventName, receiver: Receiver, mlflow_server: MLflowServer, settings: Settings
) -> None:
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri

    _check(name, make_registry(mlflow_server.uri), receiver)


def _check(name: EventName, registry: Registry, receiver: Receiver) -> None:
    """Let the event happen to a webhook of each form, and look at what arrives."""
    secret = generate_secret()
    for form in PayloadFormat:
        make_webhook(
            url=receiver.url, events=[name], secret=secret, payload_format=form
        )

    HAPPENINGS[name](registry)
    drain_deliveries()

    assert {one.headers["Content-Type"] for one in receiver.requests} == {
        "application/json; charset=utf-8",
        CLOUD_TYPE,
    }
    for request in receiver.requests:
        _check_signatures(request, secret)
        body = json.loads(request.body)
        if request.headers["Content-Type"] == CLOUD_TYPE:
            _check_cloud_event(body, name, request)
            body = body["data"]
        assert body["event"] == name
        _check_payload(body, name)


def _check_signatures(request: Received, secret: str) -> None:
    StandardWebhook(secret).verify(request.body, dict(request.headers.items()))
    signature = databricks_signature(secret, request.body)
    assert request.headers["X-Databricks-Signature"] == signature


def _check_cloud_event(body: dict[str, Any], name: EventName, sent: Received) -> None:
    """Hold the envelope against CloudEvents 1.0.2: what must be there, and its form."""
    assert body["specversion"] == "1.0"
    assert body["id"] == sent.headers["webhook-id"]
    assert body["source"] == "https://signoff.example.com"
    assert body["type"] == cloud_type_of(name)
    assert body["datacontenttype"] == "application/json"
    assert body["dataschema"] == schema_url(name)
    at = datetime.fromisoformat(body["time"])
    assert round(at.timestamp() * 1000) == body["data"]["event_timestamp"]
    known = body["data"]["links"].values()
    subject = body.get("subject")
    assert subject is None or body["source"] + subject in known


def _check_payload(payload: dict[str, Any], name: EventName) -> None:
    """Hold a payload against its published schema, and against what none may hold."""
    schema = schema_of(name)
    Draft202012Validator(schema).validate(payload)
    assert list(payload) == [one for one in schema["properties"] if one in payload]
    assert not [key for key, value in payload.items() if value in ("", None)]
    text = payload["text"]
    assert text[0].isupper() or text.startswith(("dana", "rui"))
    assert text.endswith(".")
    assert "\n" not in text
    assert "(unknown)" not in text
    assert "None," not in text
    assert "bucket/secret" not in json.dumps(payload), "a path of an artifact"
