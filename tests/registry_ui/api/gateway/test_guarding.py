"""What never passes the gate, and what no call can break."""

import json
from typing import Any

import pytest
from django.test import Client
from mlflow.protos import databricks_pb2, model_registry_pb2, webhooks_pb2
from pytest_django import Settings

from registry_ui.api.gateway.operations import GateOperation
from registry_ui.api.gateway.table import OPERATIONS
from registry_ui.models import RegisteredModel
from tests.factories import make_model, make_token, make_user, make_version
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:9"
MODEL = {
    "name": "churn",
    "creation_timestamp": 1795694180559,
    "last_updated_timestamp": 1795694180559,
}
ANSWER = http("200 OK", json.dumps({"registered_model": MODEL}).encode())
REFUSAL = http("400 Bad Request", b'{"error_code": "BAD_REQUEST", "message": "No."}')
CREATE = "/api/2.0/mlflow/registered-models/create"
GET = "/api/2.0/mlflow/registered-models/get?name=churn"


@pytest.fixture
def secret() -> str:
    """An administrator's token."""
    _, secret = make_token(user=make_user(is_superuser=True))
    return secret


def caller(secret: str, **headers: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}", **headers})


def answered(client: Client, operation: GateOperation[Any], body: bytes) -> Any:
    path = operation.path.replace("<str:webhook_id>", "1")
    return client.generic(operation.method, f"/api/2.0/mlflow/{path}", body)


def test_nothing_of_the_callers_headers_reaches_mlflow(
    settings: Settings, secret: str
) -> None:
    private = {
        "Cookie": "sessionid=private-1; csrftoken=private-2",
        "Origin": "https://private-3.example.com",
        "Referer": "https://private-4.example.com/",
        "X-Forwarded-For": "private-5",
        "X-Custom": "private-6",
        "User-Agent": "private-7",
    }
    client = caller(secret, **private)
    body = {"name": "churn"}

    with raw_server(ANSWER) as mlflow:
        settings.MLFLOW_REGISTRY_URI = mlflow.uri
        read = client.get(GET)
        written = client.post(CREATE, body, content_type="application/json")

    assert (read.status_code, written.status_code) == (200, 200)
    sent = b"\n".join(mlflow.requests)
    assert len(mlflow.requests) == 2
    assert secret.encode() not in sent
    assert b"private" not in sent
    for header in (b"cookie", b"origin", b"referer", b"authorization", b"forwarded"):
        assert header not in sent.lower()
    assert RegisteredModel.objects.filter(name="churn").exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b'{"name": "\xff"}',
        b"[" * 10_000,
        b'{"name": ' * 10_000,
        b'{"name": "a\\u0000b", "version": "1"}',
        b'{"name": "\\ud800", "version": "1"}',
        b'{"name": 5, "version": [1], "tags": "x", "key": {}, "stage": null}',
        b'{"name": {"a": 1}, "max_results": "many", "order_by": 7}',
        b'{"name": "churn", "version": "99999999999999999999", "stage": "Staging"}',
        b'{"name": "churn", "version": "-1", "alias": "a b", "key": "", "value": 1}',
        b'{"name": "churn", "version": "\xd9\xa1", "alias": "x", "key": "k"}',
        b'{"name": "churn", "tags": [{"key": "k"}, 5], "source": "models://[x/1"}',
        b'{"name": "churn", "newName": "a", "new_name": "b", "max_results": 1e400}',
        b'{"name": "churn", "version": NaN, "maxResults": -5}',
        b'{"name": "' + b"x" * 100_000 + b'", "version": "1", "source": "s3://b/c"}',
        b'{"name": "' + b"x" * 3_000_000 + b'"}',
    ],
    ids=range(21),
)
def test_odd_input_is_refused_in_json(
    settings: Settings, secret: str, body: bytes
) -> None:
    make_version(model=make_model(name="churn"))
    client = caller(secret)

    with raw_server(REFUSAL) as mlflow:
        settings.MLFLOW_REGISTRY_URI = mlflow.uri
        found = [answered(client, operation, body) for operation in OPERATIONS]

    for operation, answer in zip(OPERATIONS, found, strict=True):
        assert answer.status_code in {200, 400, 403, 404}, (operation.path, answer)
        if answer.status_code != 200:
            assert answer.json().keys() == {"error_code", "message"}, operation.path


def test_no_client_tries_again_while_mlflow_is_away(
    settings: Settings, secret: str
) -> None:
    settings.MLFLOW_REGISTRY_URI = NOWHERE
    make_version(model=make_model(name="churn"))
    client = caller(secret)
    body = {
        "name": "churn",
        "new_name": "other",
        "version": "1",
        "key": "k",
        "alias": "latest-one",
        "source": "s3://bucket/model",
    }

    for operation in OPERATIONS:
        if "transition" in operation.path:
            continue
        answer = answered(client, operation, json.dumps(body).encode())
        code = answer.json()["error_code"]
        assert answer.status_code == 400, operation.path
        assert code in {"TEMPORARILY_UNAVAILABLE", "RESOURCE_ALREADY_EXISTS"}
    assert RegisteredModel.objects.get(name="churn").writing_until is None


@pytest.mark.parametrize(
    "reply",
    [
        http("500 Internal Server Error", b'{"error_code": "INTERNAL_ERROR"}'),
        http("429 Too Many Requests", b'{"error_code": "REQUEST_LIMIT_EXCEEDED"}'),
        http("503 Service Unavailable", b"<html>", "text/html"),
        http("200 OK", b"<html>", "text/html"),
        http("401 Unauthorized", b"Sign in.", "text/plain"),
        http("403 Forbidden", b"Invalid Host header", "text/plain"),
        http("302 Found", b""),
    ],
    ids=range(7),
)
def test_what_mlflow_fails_with_is_no_reason_to_try_again(
    settings: Settings, secret: str, reply: bytes
) -> None:
    with raw_server(reply) as mlflow:
        settings.MLFLOW_REGISTRY_URI = mlflow.uri
        client = caller(secret)
        found = [
            client.get(GET),
            client.post(CREATE, {"name": "x"}, content_type="application/json"),
        ]

    for answer in found:
        assert answer.status_code == 400
        assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/registered-models/nonsense",
        "/ajax-api/2.0/mlflow/registered-models/nonsense",
        "/ajax-api/2.0/mlflow/runs/search",
        "/api/2.0/mlflow/experiments/search",
        "/api/2.0/mlflow/registered-models/get/",
        "/api/2.0/preview/mlflow/model-versions/none",
    ],
)
def test_what_is_no_call_of_the_registry_is_no_endpoint(
    settings: Settings, secret: str, path: str
) -> None:
    answer = caller(secret).get(path)

    assert answer.status_code == 404
    assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"


def test_only_the_governed_workspace_is_served(settings: Settings, secret: str) -> None:
    with raw_server(ANSWER) as mlflow:
        settings.MLFLOW_REGISTRY_URI = mlflow.uri
        default, other = (
            caller(secret, **{"X-MLFLOW-WORKSPACE": name}).get(GET)
            for name in ("default", "team-b")
        )

    assert default.status_code == 200
    assert other.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "team-b" not in mlflow.requests[0].decode()


def test_all_of_mlflows_registry_is_served_and_nothing_else() -> None:
    services = [
        model_registry_pb2.DESCRIPTOR.services_by_name["ModelRegistryService"],
        webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"],
    ]
    theirs = {
        (endpoint.method, endpoint.path.removeprefix("/mlflow/"))
        for service in services
        for call in service.methods
        for endpoint in call.GetOptions().Extensions[databricks_pb2.rpc].endpoints
    }

    ours = {
        (one.method, one.path.replace("<str:webhook_id>", "{webhook_id}"))
        for one in OPERATIONS
    }
    assert ours == theirs | {("GET", "registered-models/list")}  # databricks-sdk's
