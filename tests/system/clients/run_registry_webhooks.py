"""Calls databricks-registry-webhooks as it is told: a line of JSON in, one out.

Run by the Python of an environment of its own; imports nothing of ours.
"""

import json
import os
import sys
from typing import Any

from databricks_registry_webhooks import HttpUrlSpec, JobSpec, RegistryWebhooksClient

client = RegistryWebhooksClient()
METHODS = {
    "create": "create_webhook",
    "list": "list_webhooks",
    "update": "update_webhook",
    "delete": "delete_webhook",
    "test": "test_webhook",
}
"""What is called alike of both clients; any other verb is the name of the method."""
TYPES = {"http_url_spec": HttpUrlSpec, "job_spec": JobSpec}


def call(token: str, verb: str, given: dict[str, Any]) -> Any:
    """Return what the client returns, as JSON has it."""
    if verb == "methods":
        return [name for name in dir(client) if is_method(name)]
    os.environ["DATABRICKS_TOKEN"] = token  # read anew at each call, like the host
    typed = {
        name: TYPES[name](**value) if name in TYPES else value
        for name, value in given.items()
    }
    return plain(getattr(client, METHODS.get(verb, verb))(**typed))


def is_method(name: str) -> bool:
    """Is this one of the client's calls?"""
    return not name.startswith("_") and callable(getattr(client, name))


def plain(result: Any) -> Any:
    """Return an object of the client's as a dict of the properties that it has."""
    if isinstance(result, list):
        return [plain(item) for item in result]
    if hasattr(result, "_properties"):
        return {name: plain(value) for name, value in result if value not in (None, "")}
    return result


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
