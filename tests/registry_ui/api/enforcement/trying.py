"""How each change of the matrix is tried: by MLflow's SDK, by HTTP, on a page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import urllib3
from django.test import Client
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from registry_ui.actions.metadata import digest_of, digest_of_tag
from registry_ui.api.enforcement.acts import Act
from registry_ui.models import AuditEvent

SOURCE = "s3://bucket/model"
RECEIVER = "http://127.0.0.1:9"
TIMEOUT_SECONDS = 30.0
Sdk = Callable[[MlflowClient, str], object]
Page = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Try:
    """One change: what is sent, by each client.

    Attributes:
        body: of MLflow's call, beside the model's name.
        sdk: makes it with MLflow's client.
        page: below the model's page, and what is sent there; a slash before it: not
            below.
        databricks: the method of databricks-sdk that takes the same.
    """

    body: dict[str, str]
    sdk: Sdk
    page: Page | None = None
    names_model: bool = True
    fields: dict[str, Any] = field(default_factory=dict)
    databricks: str = ""

    def sent(self, name: str) -> dict[str, str]:
        """Return the body for one model."""
        own = {key: value.format(name=name) for key, value in self.body.items()}
        return ({"name": name} if self.names_model else {}) | own


def _moving(version: str, stage: str) -> Page:
    path = f"versions/{version}/request/"
    return path, {"stage": stage, "comment": "Please.", "how": "now"}


TRIES: dict[str, Try] = {
    "move-production": Try(
        {"version": "2", "stage": "Production"},
        lambda c, n: c.transition_model_version_stage(n, "2", "Production"),
        _moving("2", "Production"),
        databricks="transition_stage",
    ),
    "move-staging": Try(
        {"version": "2", "stage": "Staging"},
        lambda c, n: c.transition_model_version_stage(n, "2", "Staging"),
        _moving("2", "Staging"),
        databricks="transition_stage",
    ),
    "move-archived": Try(
        {"version": "2", "stage": "Archived"},
        lambda c, n: c.transition_model_version_stage(n, "2", "Archived"),
        _moving("2", "Archived"),
        databricks="transition_stage",
    ),
    "set-alias": Try(
        {"alias": "champion", "version": "2"},
        lambda c, n: c.set_registered_model_alias(n, "champion", "2"),
        ("aliases/", {"alias": "champion", "number": "2", "comment": "Better."}),
    ),
    "delete-alias": Try(
        {"alias": "champion"},
        lambda c, n: c.delete_registered_model_alias(n, "champion"),
        ("aliases/", {"act": "remove", "alias": "champion", "comment": "Away."}),
    ),
    "create-version": Try(
        {"source": SOURCE},
        lambda c, n: c.create_model_version(n, SOURCE, await_creation_for=0),
        databricks="create_model_version",
    ),
    "delete-serving-version": Try(
        {"version": "1"},
        lambda c, n: c.delete_model_version(n, "1"),
        ("versions/1/delete/", {}),
        databricks="delete_model_version",
    ),
    "delete-version": Try(
        {"version": "2"},
        lambda c, n: c.delete_model_version(n, "2"),
        ("versions/2/delete/", {}),
        databricks="delete_model_version",
    ),
    "delete-serving-model": Try(
        {},
        lambda c, n: c.delete_registered_model(n),
        ("delete/", {"confirmation": "{name}"}),
        databricks="delete_model",
    ),
    "delete-model": Try(
        {},
        lambda c, n: c.delete_registered_model(n),
        ("delete/", {"confirmation": "{name}"}),
        databricks="delete_model",
    ),
    "rename-model": Try(
        {"new_name": "{name}-renamed"},
        lambda c, n: c.rename_registered_model(n, f"{n}-renamed"),
        ("rename/", {"name": "{name}-renamed"}),
        databricks="rename_model",
    ),
    "create-model": Try(
        {"name": "{name}-more"},
        lambda c, n: c.create_registered_model(f"{n}-more"),
        ("/register/", {"name": "{name}-more"}),
        databricks="create_model",
    ),
    "make-prompt": Try(
        {"key": "mlflow.prompt.is_prompt", "value": "true"},
        lambda c, n: c.set_registered_model_tag(n, "mlflow.prompt.is_prompt", "true"),
        ("tags/", {"key": "mlflow.prompt.is_prompt", "value": "true"}),
        databricks="set_model_tag",
    ),
    "set-model-tag": Try(
        {"key": "owner", "value": "sales"},
        lambda c, n: c.set_registered_model_tag(n, "owner", "sales"),
        ("tags/", {"key": "owner", "value": "sales"}),
        databricks="set_model_tag",
    ),
    "delete-model-tag": Try(
        {"key": "owner"},
        lambda c, n: c.delete_registered_model_tag(n, "owner"),
        ("tags/delete/", {"key": "owner"}),
        databricks="delete_model_tag",
    ),
    "set-version-tag": Try(
        {"version": "1", "key": "owner", "value": "sales"},
        lambda c, n: c.set_model_version_tag(n, "1", "owner", "sales"),
        ("versions/1/tags/", {"key": "owner", "value": "sales"}),
        databricks="set_model_version_tag",
    ),
    "delete-version-tag": Try(
        {"version": "1", "key": "owner"},
        lambda c, n: c.delete_model_version_tag(n, "1", "owner"),
        ("versions/1/tags/delete/", {"key": "owner"}),
        databricks="delete_model_version_tag",
    ),
    "describe-model": Try(
        {"description": "Better."},
        lambda c, n: c.update_registered_model(n, "Better."),
        ("description/", {"description": "Better."}),
        databricks="update_model",
    ),
    "describe-version": Try(
        {"version": "1", "description": "Better."},
        lambda c, n: c.update_model_version(n, "1", "Better."),
        ("versions/1/description/", {"description": "Better."}),
        databricks="update_model_version",
    ),
    "create-webhook": Try(
        {"name": "{name}-more", "url": RECEIVER},
        lambda c, n: c.create_webhook(
            f"{n}-more", RECEIVER, ["registered_model.created"]
        ),
        fields={"events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]},
        names_model=False,
    ),
    "change-webhook": Try(
        {"description": "Another."},
        lambda c, n: c.update_webhook(webhook_of(c, n), description="Another."),
        names_model=False,
    ),
    "test-webhook": Try(
        {},
        lambda c, n: c.test_webhook(webhook_of(c, n)),
        names_model=False,
    ),
    "delete-webhook": Try(
        {},
        lambda c, n: c.delete_webhook(webhook_of(c, n)),
        names_model=False,
    ),
}


def webhook_of(client: MlflowClient, name: str) -> str:
    """Return the id of MLflow's webhook that was made for a model."""
    found = [hook for hook in client.list_webhooks() if hook.name == name]
    return found[0].webhook_id if found else "unknown"


def make_world(plain: MlflowClient, name: str, act: Act) -> None:
    """Make a model for a change in MLflow; version 1 serves if that is what it wants.

    What is to be deleted without anything serving serves nobody.
    """
    plain.create_registered_model(name, {"owner": "risk"})
    for tags in ({"owner": "risk"}, {}):
        plain.create_model_version(name, SOURCE, tags=tags, await_creation_for=0)
    if act.slug != "delete-model":
        plain.transition_model_version_stage(name, "1", "Production")
        plain.set_registered_model_alias(name, "champion", "1")
    if "webhook" in act.path:
        plain.create_webhook(name, RECEIVER, ["registered_model.created"])


def state_of(plain: MlflowClient, name: str) -> dict[str, Any]:
    """Return all that a change could have changed in MLflow, times included."""
    models = plain.search_registered_models(filter_string=f"name LIKE '{name}%'")
    versions = plain.search_model_versions(f"name='{name}'")
    hooks = [hook for hook in plain.list_webhooks() if hook.name.startswith(name)]
    aliases = {model.name: dict(model.aliases) for model in models}
    return {
        "aliases": aliases,
        "rows": [repr(vars(row)) for row in (*models, *versions, *hooks)],
    }


def by_sdk(client: MlflowClient, act: Act, name: str) -> str:
    """Try it with MLflow's client; return what the refusal says, empty if done."""
    try:
        TRIES[act.slug].sdk(client, name)
    except MlflowException as refused:
        return f"{refused.error_code}: {refused.message}"
    return ""


def by_http(
    address: str,
    act: Act,
    name: str,
    *,
    webhook: str = "",
    headers: dict[str, str] | None = None,
    api: str = "/api/2.0/mlflow/",
    path: str = "",
    more: Mapping[str, object] = MappingProxyType({}),
) -> tuple[int, str]:
    """Try it as curl would; return the status, and what a refusal says.

    Args:
        path: below `api`, where it is another one than MLflow's.
        more: what is sent beside what MLflow's own call takes.
    """
    attempt = TRIES[act.slug]
    path = path or act.path.replace("<str:webhook_id>", webhook)
    answer = urllib3.request(
        act.method,
        f"{address}{api}{path}",
        json={**attempt.sent(name), **attempt.fields, **more},
        headers=headers or {},
        retries=False,
        timeout=TIMEOUT_SECONDS,
    )
    return answer.status, _said(answer.data)


def _said(body: bytes) -> str:
    """Return what a refusal says; MLflow's sign-in refuses in plain text."""
    try:
        return str(json.loads(body).get("message", ""))
    except ValueError:
        return body.decode()


def on_page(browser: Client, act: Act, name: str) -> int:
    """Try it on Signoff's page; return the status."""
    page = TRIES[act.slug].page
    assert page is not None
    below, fields = page
    sent = {key: value.format(name=name) for key, value in fields.items()}
    if "description" in sent:
        sent["seen"] = digest_of("")
    if sent.get("key") == "owner":
        sent["seen"] = digest_of_tag("owner", "risk")
    path = below if below.startswith("/") else f"/models/{name}/{below}"
    return browser.post(path, sent).status_code


def position() -> int:
    """Return the length of the audit log."""
    return AuditEvent.objects.count()


def events_since(place: int, name: str = "") -> list[AuditEvent]:
    """Return what came after a position, of models whose name begins so."""
    found = AuditEvent.objects.order_by("position")[place:]
    return [event for event in found if event.model_name.startswith(name)]
