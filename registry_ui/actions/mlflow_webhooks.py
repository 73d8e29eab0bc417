"""Changing MLflow's own webhooks for somebody, with their name on record."""

from typing import Any, Literal
from urllib.parse import quote, urlsplit

from django.contrib.auth.models import User
from django.db import transaction

from registry_ui.actions.registry_writes import ask_mlflow
from registry_ui.events import EventType, record_event
from registry_ui.mlflow_client import JsonObject

PATH = "webhooks"
Method = Literal["POST", "PATCH", "DELETE"]
_EVENTS = {
    "POST": EventType.MLFLOW_WEBHOOK_CREATED,
    "PATCH": EventType.MLFLOW_WEBHOOK_UPDATED,
    "DELETE": EventType.MLFLOW_WEBHOOK_DELETED,
}


def path_of(webhook_id: str) -> str:
    """Return where a webhook is, or where new ones are made if there is no id."""
    return f"{PATH}/{quote(webhook_id, safe='')}" if webhook_id else PATH


def change_mlflow_webhook(
    method: Method, webhook_id: str, said: JsonObject, *, actor: User
) -> JsonObject:
    """Make, change or delete one of MLflow's webhooks, and record who did.

    Args:
        method: POST makes one.
        webhook_id: empty where one is made.
        said: what MLflow shall know of it.
        actor: who does it.

    Returns:
        MLflow's own JSON.

    Raises:
        MLflowFailedError: MLflow refused, or cannot be used.
    """
    path = path_of(webhook_id)
    is_deleted = method == "DELETE"
    # What is gone cannot be named afterwards.
    before = (
        ask_mlflow(lambda client: client.relay.read(path, {}).json())
        if is_deleted
        else {}
    )
    answer = ask_mlflow(lambda client: client.relay.write(method, path, said))
    webhook = (before or answer).get("webhook", {})
    details: dict[str, Any] = {"changed": sorted(said)} if method == "PATCH" else {}
    with transaction.atomic():
        record_event(
            _EVENTS[method],
            actor=actor,
            mlflow_webhook=webhook.get("webhook_id", webhook_id),
            name=webhook.get("name", ""),
            # A path may hold a token.
            receiver=urlsplit(webhook.get("url", "")).hostname or "",
            events=[
                f"{one['entity']}.{one['action']}" for one in webhook.get("events", ())
            ],
            status=webhook.get("status", ""),
            **details,
        )
    return answer
