"""MLflow's own webhooks through the gate: for administrators, handed on as they are."""

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from registry_ui import permissions
from registry_ui.actions.mlflow_webhooks import (
    PATH,
    Method,
    change_mlflow_webhook,
    path_of,
)
from registry_ui.actions.registry_writes import ask_mlflow
from registry_ui.api.dialect.operations import Answer, Call
from registry_ui.api.gateway.parameters import Given, Search, WebhookChange, WebhookId
from registry_ui.api.gateway.reads import handed_back, relay
from registry_ui.mlflow_client import JsonObject

_Given = TypeVar("_Given", bound=Given)


def list_webhooks(call: Call[Search]) -> HttpResponse:
    """Find webhooks."""
    _refuse_others(call)
    return handed_back(relay().read(PATH, call.given.sent()))


def get_webhook(call: Call[WebhookId]) -> HttpResponse:
    """Read one webhook."""
    _refuse_others(call)
    return handed_back(relay().read(path_of(call.given.webhook_id), {}))


def change(method: Method) -> Callable[[Call[_Given]], Answer]:
    """Return what has MLflow make, change or delete a webhook."""

    def run(call: Call[_Given]) -> Answer:
        _refuse_others(call)
        webhook_id, said = _split(call)
        return change_mlflow_webhook(method, webhook_id, said, actor=call.user)

    return run


def test(call: Call[WebhookChange]) -> Answer:
    """Have MLflow send a test."""
    _refuse_others(call)
    webhook_id, said = _split(call)
    path = f"{path_of(webhook_id)}/test"
    return ask_mlflow(lambda client: client.relay.write("POST", path, said))


def _refuse_others(call: Call[_Given]) -> None:
    if not permissions.may_manage_registry(call.user):
        raise PermissionDenied("MLflow's webhooks are for administrators.")


def _split(call: Call[_Given]) -> tuple[str, JsonObject]:
    """Return the webhook's id and what else was said."""
    said = call.given.sent()
    return said.pop("webhook_id", ""), said
