"""Calls databricks-sdk as it is told: a line of JSON in, one out.

Run by the Python of an environment of its own; imports nothing of ours.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import ml

registry = WorkspaceClient().model_registry
VERBS: dict[str, Callable[..., Any]] = {
    "create": registry.create_webhook,
    "list": lambda **given: [
        each.as_dict() for each in registry.list_webhooks(**given)
    ],
    "update": registry.update_webhook,
    "delete": registry.delete_webhook,
    "test": registry.test_registry_webhook,
}
TYPES: dict[str, Callable[[Any], Any]] = {
    "events": lambda names: [ml.RegistryWebhookEvent(name) for name in names],
    "event": ml.RegistryWebhookEvent,
    "status": ml.RegistryWebhookStatus,
    "http_url_spec": lambda spec: ml.HttpUrlSpec(**spec),
    "job_spec": lambda spec: ml.JobSpec(**spec),
}


def call(verb: str, given: dict[str, Any]) -> Any:
    """Return what the client returns, as JSON has it."""
    typed = {name: TYPES.get(name, lambda v: v)(value) for name, value in given.items()}
    result = VERBS[verb](**typed)
    result = result.as_dict() if hasattr(result, "as_dict") else result
    return result.get("webhook", result) if isinstance(result, dict) else result


for line in sys.stdin:
    try:
        answer = {"returned": call(*json.loads(line))}
    except Exception as error:  # noqa: BLE001 - whatever the client raises is told
        code = getattr(error, "error_code", None)
        answer = {"raised": type(error).__name__, "code": code, "message": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
