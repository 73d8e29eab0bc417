"""MLflow's own webhooks through the gate: for administrators, handed on as they are."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from registry_ui import permissions
from registry_ui.actions.registry_writes import ask_mlflow
from registry_ui.api.dialect.operations import Answer, Call
from registry_ui.api.gateway.parameters import Given, Search, WebhookId
from registry_ui.api.gateway.reads import handed_back, relay

_PATH = "webhooks"
_Given = TypeVar("_Given", bound=Given)


def list_webhooks(call: Call[Search]) -> HttpResponse:
    """Find webhooks."""
    _refuse_others(call)
    return handed_back(relay().read(_PATH, call.given.sent()))


def get_webhook(call: Call[WebhookId]) -> HttpResponse:
    """Read one webhook."""
    _refuse_others(call)
    path, _ = _place(call)
    return handed_back(relay().read(path, {}))


def change(method: str, *, below: str = "") -> Callable[[Call[_Given]], Answer]:
    """Return what has MLflow make, change, delete or test a webhook.

    Args:
        method: the HTTP method.
        below: what stands after the webhook's id in the path.
    """

    def run(call: Call[_Given]) -> Answer:
        _refuse_others(call)
        path, body = _place(call)
        return ask_mlflow(
            lambda client: client.relay.write(method, f"{path}{below}", body)
        )

    return run


def _refuse_others(call: Call[_Given]) -> None:
    if not permissions.may_manage_registry(call.user):
        raise PermissionDenied("MLflow's webhooks are for administrators.")


def _place(call: Call[_Given]) -> tuple[str, dict[str, object]]:
    """Return the path and what else was said."""
    said = call.given.sent()
    webhook_id = said.pop("webhook_id", "")
    return f"{_PATH}/{quote(webhook_id, safe='')}" if webhook_id else _PATH, said
