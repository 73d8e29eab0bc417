"""Calls databricks-sdk as it is told: a line of JSON in, one out.

Run by the Python of an environment of its own; imports nothing of ours.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import ml

TYPES: dict[str, Callable[[Any], Any]] = {
    "events": lambda names: [ml.RegistryWebhookEvent(name) for name in names],
    "event": ml.RegistryWebhookEvent,
    "status": ml.RegistryWebhookStatus,
    "http_url_spec": lambda spec: ml.HttpUrlSpec(**spec),
    "job_spec": lambda spec: ml.JobSpec(**spec),
    "access_control_list": lambda entries: [
        ml.RegisteredModelAccessControlRequest.from_dict(entry) for entry in entries
    ],
    "tags": lambda tags: [ml.ModelTag(key, value) for key, value in tags.items()],
}


METHODS = {
    "create": "create_webhook",
    "list": "list_webhooks",
    "update": "update_webhook",
    "delete": "delete_webhook",
    "test": "test_registry_webhook",
}
"""What is called alike of both clients; any other verb is the name of the method."""


@cache
def registry_of(token: str) -> ml.ModelRegistryAPI:
    """Return the calls of a token's owner; the host is in the environment."""
    return WorkspaceClient(token=token).model_registry


def call(token: str, verb: str, given: dict[str, Any]) -> Any:
    """Return what the client returns, as JSON has it."""
    registry = registry_of(token)
    if verb == "methods":
        return [name for name in dir(registry) if is_method(registry, name)]
    typed = {name: TYPES.get(name, lambda v: v)(value) for name, value in given.items()}
    result = getattr(registry, METHODS.get(verb, verb))(**typed)
    if isinstance(result, Iterator | list):
        return [one.as_dict() for one in result]
    result = result.as_dict() if hasattr(result, "as_dict") else result
    return result.get("webhook", result) if isinstance(result, dict) else result


def is_method(registry: ml.ModelRegistryAPI, name: str) -> bool:
    """Is this one of the client's calls?"""
    return not name.startswith("_") and callable(getattr(registry, name))


def say(answer: Any) -> None:
    """Write a line of JSON."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


say("ready")
for line in sys.stdin:
    try:
        say({"returned": call(*json.loads(line))})
    except Exception as error:  # noqa: BLE001 - whatever the client raises is told
        code = getattr(error, "error_code", None)
        say({"raised": type(error).__name__, "code": code, "message": str(error)})
