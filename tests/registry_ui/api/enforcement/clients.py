"""Who tries the changes of the matrix at Signoff, and what each is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client as Browser
from mlflow import MlflowClient

from registry_ui.actions.apply import apply_due_requests
from registry_ui.api.enforcement.acts import Act
from registry_ui.api.enforcement.matrix import Way
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import TransitionRequest
from tests.registry_ui.api.enforcement.trying import (
    TIMEOUT_SECONDS,
    TRIES,
    by_http,
    by_sdk,
    on_page,
    webhook_of,
)
from tests.system.clients.processes import ClientError, ClientProcess

AJAX = "/ajax-api/2.0/mlflow/"
PREVIEW = "/api/2.0/preview/mlflow/"
OK, CREATED, FOUND = 200, 201, 302
FORBIDDEN = {403, 404}
WRONG = {400, 409, 422}
INVALID = "INVALID_PARAMETER_VALUE"
KEEP = {"archive_existing_versions": False}
"""What Databricks' call of a move asks for, too."""
MAIN_CLIENTS = {
    "pages": Way.PAGES,
    "curl": Way.GATE,
    "mlflow-pages": Way.BROWSER,
    "preview": Way.DATABRICKS,
    "api": Way.API,
}
"""One a way: what tries it for every role."""
CLIENTS = {**MAIN_CLIENTS, "sdk": Way.GATE, "databricks-sdk": Way.DATABRICKS}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with each of the clients that they may try it with.

    Attributes:
        secret: of their token.
        sdk: MLflow's client, whose registry is Signoff.
        headers: what curl sends.
        browser: signed in to Signoff.
    """

    user: User
    secret: str
    sdk: MlflowClient
    headers: dict[str, str]
    browser: Browser


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a try; `words` are the refusal's, where it has any."""

    is_done: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Trier:
    """One client, on its way to Signoff.

    Attributes:
        address: Signoff's.
        plain: MLflow's client, straight to MLflow.
        databricks: databricks-sdk, in a process of its own.
    """

    name: str
    address: str
    plain: MlflowClient
    databricks: ClientProcess | None

    @property
    def way(self) -> Way:
        """Return the way that it takes."""
        return CLIENTS[self.name]

    def send(self, person: Person, act: Act, name: str) -> Told:
        """Try a change of a model."""
        return _SENDERS[self.name](self, person, act, name)


def _on_pages(trier: Trier, person: Person, act: Act, name: str) -> Told:
    status = on_page(person.browser, act, name)
    # Else it is the try that is wrong, and nothing was forbidden.
    is_for_all = act.makes_prompt or act.slug.startswith("delete-serving-")
    assert status in {FOUND, *FORBIDDEN} or (is_for_all and status in WRONG), status
    if status == FOUND and act.target:
        return Told(_is_applied(trier))
    return Told(status == FOUND, "a page")


def _by_sdk(_: Trier, person: Person, act: Act, name: str) -> Told:
    words = by_sdk(person.sdk, act, name)
    assert act.makes_prompt or not words.startswith(INVALID), words
    return Told(not words, words)


def _by_curl(trier: Trier, person: Person, act: Act, name: str) -> Told:
    webhook = webhook_of(trier.plain, name)
    answer = by_http(trier.address, act, name, webhook=webhook, headers=person.headers)
    return _told(act, *answer)


def _on_mlflows_pages(trier: Trier, person: Person, act: Act, name: str) -> Told:
    cookie = person.browser.cookies[settings.SESSION_COOKIE_NAME].value
    headers = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}",
        "Sec-Fetch-Site": "same-origin",
    }
    webhook = webhook_of(trier.plain, name)
    answer = by_http(
        trier.address, act, name, webhook=webhook, headers=headers, api=AJAX
    )
    return _told(act, *answer)


def _by_preview(trier: Trier, person: Person, act: Act, name: str) -> Told:
    path = f"databricks/{act.path}" if act.target else act.path
    more = KEEP if act.target else {}
    answer = by_http(
        trier.address,
        act,
        name,
        headers=person.headers,
        api=PREVIEW,
        path=path,
        more=more,
    )
    return _told(act, *answer)


def _by_databricks_sdk(trier: Trier, person: Person, act: Act, name: str) -> Told:
    attempt = TRIES[act.slug]
    more = KEEP if act.target else {}
    assert trier.databricks
    try:
        trier.databricks.call(
            person.secret, attempt.databricks, **attempt.sent(name), **more
        )
    except ClientError as error:
        refused = error
    else:
        return Told(is_done=True)
    assert refused.code, refused  # else it is the client's own failure
    assert act.makes_prompt or refused.code != INVALID, refused
    return Told(is_done=False, words=str(refused))


def _by_api(trier: Trier, person: Person, act: Act, name: str) -> Told:
    """Ask, and approve what one has asked for; withdraw it where one may not."""
    version = int(TRIES[act.slug].body["version"])
    asked = {"model": name, "version": version, "target": act.target, "comment": "x"}
    status, said = _call(trier, person, "requests", asked)
    assert status in {CREATED, *FORBIDDEN}, (status, said)
    if status == CREATED:
        path = f"requests/{said['number']}"
        status, said = _call(trier, person, f"{path}/reviews", {"decision": "approve"})
        if status == CREATED:
            return Told(_is_applied(trier), said["status"])
        assert _call(trier, person, f"{path}/cancel", {})[0] == OK
    return Told(is_done=False, words=said["message"])


def _call(
    trier: Trier, person: Person, path: str, body: dict[str, Any]
) -> tuple[int, dict[str, str]]:
    answer = urllib3.request(
        "POST",
        f"{trier.address}/api/v1/{path}",
        json=body,
        headers=person.headers,
        retries=False,
        timeout=TIMEOUT_SECONDS,
    )
    return answer.status, answer.json()


def _told(act: Act, status: int, said: str) -> Told:
    is_wrong = act.makes_prompt and status in WRONG
    assert status in {OK, *FORBIDDEN} or is_wrong, (status, said)
    return Told(status == OK, said)


def _is_applied(trier: Trier) -> bool:
    """Let a worker do what is due; is the newest request applied then?"""
    apply_due_requests(MLflowClient(trier.plain.tracking_uri))
    newest = TransitionRequest.objects.order_by("-number")[0]
    return newest.status == TransitionRequest.Status.APPLIED


_SENDERS: dict[str, Callable[[Trier, Person, Act, str], Told]] = {
    "pages": _on_pages,
    "curl": _by_curl,
    "mlflow-pages": _on_mlflows_pages,
    "preview": _by_preview,
    "api": _by_api,
    "sdk": _by_sdk,
    "databricks-sdk": _by_databricks_sdk,
}
