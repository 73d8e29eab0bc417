"""Every webhook call of Databricks' own clients, unmodified, against the product."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.running import RunningSignoff
from tests.system.clients.conftest import As, raw, refusal
from tests.system.clients.processes import InHandsOf, python_of_clients
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.models import DATABRICKS_EVENTS
from webhooks_ui.signing import databricks_signature

pytestmark = pytest.mark.system

NO_SUCH_ID = "0" * 32


def new(client: InHandsOf, receiver: Receiver, **given: Any) -> dict[str, Any]:
    """Create a webhook."""
    spec = {"url": receiver.url}
    defaults: dict[str, Any] = {
        "events": ["MODEL_VERSION_CREATED"],
        "http_url_spec": spec,
    }
    created: dict[str, Any] = client.call("create", **defaults | given)
    return created


def test_a_webhook_lives_from_create_to_delete(
    by: As, model: str, receiver: Receiver
) -> None:
    manager = by("manager")

    created = new(
        manager,
        receiver,
        model_name=model,
        events=["MODEL_VERSION_CREATED", "COMMENT_CREATED"],
        description="to the chat",
        status="TEST_MODE",
        http_url_spec={
            "url": receiver.url,
            "secret": "anyRandomString",
            "authorization": "Bearer x",
            "enable_ssl_verification": False,
        },
    )

    assert created["model_name"] == model
    assert sorted(created["events"]) == ["COMMENT_CREATED", "MODEL_VERSION_CREATED"]
    assert (created["description"], created["status"]) == ("to the chat", "TEST_MODE")
    assert created["creation_timestamp"] <= created["last_updated_timestamp"]
    assert created["http_url_spec"] == {
        "url": receiver.url,
        "enable_ssl_verification": False,
    }
    assert created in manager.call("list", model_name=model)
    assert created in manager.call("list", events=["COMMENT_CREATED"])
    assert created not in manager.call("list", events=["MODEL_VERSION_TAG_SET"])

    changed = manager.call(
        "update", id=created["id"], events=["MODEL_VERSION_TAG_SET"], status="DISABLED"
    )

    assert (changed["events"], changed["status"]) == (
        ["MODEL_VERSION_TAG_SET"],
        "DISABLED",
    )
    assert changed["http_url_spec"] == created["http_url_spec"]

    manager.call("delete", id=created["id"])

    assert manager.call("list", model_name=model) == []


def test_a_test_tells_what_the_receiver_answered(
    by: As, model: str, receiver: Receiver
) -> None:
    manager = by("manager")
    spec = {"url": receiver.url, "secret": "anyRandomString"}
    webhook = new(manager, receiver, model_name=model, http_url_spec=spec)
    receiver.replies(Reply(200, b"OK"), Reply(418, b"short and stout"))

    fine = manager.call("test", id=webhook["id"])
    teapot = manager.call("test", id=webhook["id"], event="COMMENT_CREATED")
    receiver.stop()
    unreached = manager.call("test", id=webhook["id"])
    manager.call("delete", id=webhook["id"])

    assert fine == {"status_code": 200, "body": "OK"}
    assert teapot == {"status_code": 418, "body": "short and stout"}
    assert unreached["status_code"] == 0
    assert "connection refused" in unreached["body"]
    first, second = receiver.requests
    assert json.loads(first.body)["event"] == "MODEL_VERSION_CREATED"
    assert json.loads(second.body)["event"] == "COMMENT_CREATED"
    signature = databricks_signature("anyRandomString", first.body)
    assert first.headers["X-Databricks-Signature"] == signature


def test_a_registry_wide_webhook_is_an_administrators(
    by: As, receiver: Receiver
) -> None:
    events = ["REGISTERED_MODEL_CREATED"]

    created = new(by("admin"), receiver, events=events)
    error = refusal(by("manager"), "delete", id=created["id"])
    by("admin").call("delete", id=created["id"])

    assert "model_name" not in created
    assert created["status"] == "ACTIVE"
    assert error.code == "RESOURCE_DOES_NOT_EXIST"


def test_every_event_of_databricks_comes_back_as_it_was_given(
    by: As, receiver: Receiver
) -> None:
    names = [name.value for name in DATABRICKS_EVENTS]

    created = new(by("admin"), receiver, events=names)
    by("admin").call("delete", id=created["id"])

    assert sorted(created["events"]) == sorted(names)


def test_a_job_is_a_receiver_too(by: As, model: str, receiver: Receiver) -> None:
    manager = by("manager")
    workspace = receiver.url.removesuffix("/hook")
    job = {"job_id": "123", "workspace_url": workspace, "access_token": "dapi-x"}

    created = manager.call(
        "create", model_name=model, events=["MODEL_VERSION_CREATED"], job_spec=job
    )
    listed = manager.call("list", model_name=model)
    manager.call("delete", id=created["id"])

    assert created["job_spec"] == {"job_id": "123", "workspace_url": workspace}
    assert "http_url_spec" not in created
    assert listed == [created]


def test_pages_are_followed_to_the_end(by: As, model: str, receiver: Receiver) -> None:
    manager = by("manager")
    made = [new(manager, receiver, model_name=model)["id"] for _ in range(3)]

    listed = manager.call("list", model_name=model, max_results=3)
    for each in made:
        manager.call("delete", id=each)

    assert [webhook["id"] for webhook in listed] == made[::-1]


def test_what_is_not_allowed_is_forbidden(
    by: As, model: str, receiver: Receiver
) -> None:
    spec = {"url": receiver.url}
    wanted: dict[str, Any] = {"events": ["COMMENT_CREATED"], "http_url_spec": spec}

    of_model = refusal(by("editor"), "create", model_name=model, **wanted)
    of_registry = refusal(by("manager"), "create", **wanted)

    for error in (of_model, of_registry):
        assert error.kind in {"PermissionDenied", "RestException"}
        assert error.code == "PERMISSION_DENIED"


def test_what_is_not_there_is_not_found(by: As, model: str, receiver: Receiver) -> None:
    webhook = new(by("manager"), receiver, model_name=model)
    spec = {"url": receiver.url}
    wanted: dict[str, Any] = {"events": ["COMMENT_CREATED"], "http_url_spec": spec}

    errors = [
        refusal(by("stranger"), "create", model_name=model, **wanted),
        refusal(by("stranger"), "list", model_name=model),
        refusal(by("editor"), "update", id=webhook["id"], description="mine"),
        refusal(by("editor"), "test", id=webhook["id"]),
        refusal(by("editor"), "delete", id=webhook["id"]),
        refusal(by("manager"), "delete", id=NO_SUCH_ID),
        # Words that make databricks-sdk try again for minutes.
        refusal(by("manager"), "list", model_name="Unexpected error"),
    ]
    by("manager").call("delete", id=webhook["id"])

    for error in errors:
        assert error.kind in {"ResourceDoesNotExist", "RestException"}
        assert error.code == "RESOURCE_DOES_NOT_EXIST"
    assert by("editor").call("list") == []


def test_bad_input_is_refused_with_the_reason(
    by: As, model: str, receiver: Receiver
) -> None:
    manager = by("manager")
    wanted: dict[str, Any] = {"events": ["COMMENT_CREATED"], "model_name": model}
    spec = {"url": receiver.url}
    job = {"job_id": "1", "workspace_url": "https://dbc.example.com"}
    both = {"http_url_spec": spec, "job_spec": {**job, "access_token": "x"}}
    address = {"url": "https://10.0.0.1/"}

    reasons = {
        "one of": refusal(manager, "create", **wanted),
        "not both": refusal(manager, "create", **wanted, **both),
        "public address": refusal(manager, "create", **wanted, http_url_spec=address),
        "registry-wide": refusal(
            manager,
            "create",
            events=["REGISTERED_MODEL_CREATED"],
            model_name=model,
            http_url_spec=spec,
        ),
    }

    for reason, error in reasons.items():
        assert reason in str(error)
        assert error.kind in {"InvalidParameterValue", "RestException"}
        assert error.code == "INVALID_PARAMETER_VALUE"


def test_a_bad_token_is_told_apart(by: As) -> None:
    error = refusal(by("nobody"), "list")

    assert error.kind in {"Unauthenticated", "RestException"}
    assert error.code == "CUSTOMER_UNAUTHORIZED"


def test_events_that_a_client_does_not_know_do_not_break_it(
    by: As,
    model: str,
    receiver: Receiver,
    signoff: RunningSignoff,
    secrets_of: dict[str, str],
) -> None:
    at, token = "/api/2.0/mlflow/registry-webhooks/", secrets_of["manager"]
    body: dict[str, Any] = {"model_name": model, "http_url_spec": {"url": receiver.url}}
    own, mixed = (
        raw(signoff, token, "POST", f"{at}create", events=events, **body)[1]["webhook"]
        for events in (["INCIDENT_OPENED"], ["INCIDENT_OPENED", "COMMENT_CREATED"])
    )

    listed = by("manager").call("list", model_name=model)
    by("manager").call("update", id=mixed["id"], events=["MODEL_VERSION_CREATED"])
    after = raw(signoff, token, "GET", f"{at}list?model_name={model}")[1]["webhooks"]
    for webhook in (own, mixed):
        by("manager").call("delete", id=webhook["id"])

    (shown,) = [webhook for webhook in listed if webhook["id"] == mixed["id"]]
    assert shown["events"] == ["COMMENT_CREATED"]
    (kept,) = [webhook for webhook in after if webhook["id"] == mixed["id"]]
    assert "MODEL_VERSION_CREATED" in kept["events"]


def test_only_one_client_says_a_status_that_nobody_gave(
    by: As, model: str, receiver: Receiver
) -> None:
    manager = by("manager")
    webhook = new(manager, receiver, model_name=model, status="DISABLED")

    changed = manager.call("update", id=webhook["id"], description="to the chat")
    manager.call("delete", id=webhook["id"])

    # The document warns of it.
    says_active = manager.client.name == "databricks-registry-webhooks"
    assert changed["description"] == "to the chat"
    assert changed["status"] == ("ACTIVE" if says_active else "DISABLED")


def test_curl_as_databricks_documents_show_it_is_understood(
    model: str, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> None:
    path = "/api/2.0/mlflow/registry-webhooks/list"

    # Like curl's `-d`, urllib calls a body a form, with GET too.
    answers = [
        raw(signoff, secrets_of["manager"], "GET", path, model_name=name)
        for name in (model, "no-such-model")
    ]

    assert answers[0] == (200, {"webhooks": []})
    assert answers[1][0] == 404


@pytest.mark.parametrize("package", ["databricks.sdk", "databricks_registry_webhooks"])
def test_what_the_document_shows_works(
    package: str,
    model: str,
    receiver: Receiver,
    signoff: RunningSignoff,
    secrets_of: dict[str, str],
) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "databricks.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (code,) = [
        block
        for block in blocks
        if f"from {package} import" in block and "create_webhook" in block
    ]
    for shown, real in {
        "https://signoff.example.com": signoff.url,
        "signoff_…": secrets_of["manager"],
        "https://hooks.example.com/x": receiver.url,
        '"churn"': f'"{model}"',
        '"…"': '"s"',
    }.items():
        code = code.replace(shown, real)

    subprocess.run(  # noqa: S603 - our own document
        [python_of_clients(), "-c", code],
        env={"DATABRICKS_HOST": signoff.url, "DATABRICKS_TOKEN": secrets_of["manager"]},
        check=True,
        timeout=120,
    )

    path = f"/api/2.0/mlflow/registry-webhooks/list?model_name={model}"
    _, listed = raw(signoff, secrets_of["manager"], "GET", path)
    (created,) = listed["webhooks"]
    assert created["http_url_spec"]["url"] == receiver.url
    raw(
        signoff,
        secrets_of["manager"],
        "DELETE",
        "/api/2.0/mlflow/registry-webhooks/delete",
        id=created["id"],
    )
