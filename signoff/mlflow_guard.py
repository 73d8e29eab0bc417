"""An app for MLflow's own server, in which Signoff alone changes the registry.

`SIGNOFF_GUARD_SECRET=… mlflow server --app-name signoff-guard`; docs/guard.md says what
it cannot prevent. It rests on MLflow's Flask app: each call is judged by the route that
answers it, so prefixes, `/ajax-api/` and spellings of a path make no difference.
"""

import hmac
import os
import re
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from flask import Response, jsonify, request
from mlflow.environment_variables import _MLFLOW_SGI_NAME
from mlflow.server import app as mlflow_app
from mlflow.server import jobs

HEADER = "X-Signoff-Guard"
SECRET = "SIGNOFF_GUARD_SECRET"  # noqa: S105 - the name of a variable
APP = "SIGNOFF_GUARD_APP"
ADDRESS = "SIGNOFF_BASE_URL"
_SHORTEST_SECRET = 16
_OPTIMISING = "optimize_prompts"
"""The job that registers prompts, from a process of its own and so by no route."""
_SAFE = {"GET", "HEAD", "OPTIONS"}
_REGISTRY = re.compile(
    # MLflow's demo and the optimising of prompts register and delete some themselves. A
    # workspace that is deleted takes its models along, or moves them to another one.
    "/mlflow/(registered-models|model-versions|webhooks|demo|prompt-optimization"
    "|workspaces)(/|$)"
)
_READ_BY_POST = ("/registered-models/get-latest-versions", "/jobs/search")


def _read_secret() -> bytes:
    file = os.environ.get(f"{SECRET}_FILE")
    secret = Path(file).read_text() if file else os.environ.get(SECRET, "")
    if len(secret.strip()) < _SHORTEST_SECRET:
        raise RuntimeError(
            f"{SECRET}, or the file that {SECRET}_FILE names, must hold the secret that"
            f" Signoff sends, of at least {_SHORTEST_SECRET} characters."
        )
    return secret.strip().encode()


def _find_inner_app() -> EntryPoint | None:
    name = os.environ.get(APP)
    if not name:
        return None
    found = tuple(entry_points(group="mlflow.app", name=name))
    if not found:
        raise RuntimeError(f"{APP}: there is no MLflow app {name!r}.")
    return found[0]


# At import, which `mlflow server` does once before it starts its workers: those would
# be started again and again.
_secret = _read_secret()
_inner_app = _find_inner_app()


def create_app() -> Any:
    """Return MLflow's app, guarded: ASGI for uvicorn, WSGI for others.

    `SIGNOFF_GUARD_APP=basic-auth` takes that app instead of MLflow's plain one, or any
    other of the group `mlflow.app` that is made from MLflow's Flask app.
    """
    if _OPTIMISING in jobs._ALLOWED_JOB_NAME_LIST:
        jobs._ALLOWED_JOB_NAME_LIST.remove(_OPTIMISING)
    mlflow_app.before_request(refuse_writes_of_others)
    mlflow_app.after_request(announce)
    if _inner_app:
        return _inner_app.load()()
    # MLflow leaves this untyped.
    if _MLFLOW_SGI_NAME.get() != "uvicorn":  # type: ignore[no-untyped-call]
        return mlflow_app
    # Made at its import, too, which comes too early where another app makes its own.
    from mlflow.server.fastapi_app import create_fastapi_app  # noqa: PLC0415

    return create_fastapi_app(mlflow_app)


def announce(response: Response) -> Response:
    """Say in each answer that this server is guarded, so that Signoff can show it."""
    response.headers[HEADER] = "on"
    return response


def refuse_writes_of_others() -> tuple[Response, int] | None:
    """Answer a registry write that lacks the secret; None lets a call go on."""
    rule = request.url_rule.rule if request.url_rule else ""
    if request.method in _SAFE or not _REGISTRY.search(rule):
        return None
    if rule.endswith(_READ_BY_POST):
        return None
    sent = request.headers.get(HEADER, "").encode()
    if hmac.compare_digest(sent, _secret):
        return None
    where = os.environ.get(ADDRESS, "its address")
    message = (
        "This registry is changed through Signoff only. Ask there, or set"
        f" MLFLOW_REGISTRY_URI to {where}."
    )
    return jsonify(error_code="PERMISSION_DENIED", message=message), 403
