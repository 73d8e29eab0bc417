"""MLflow's own webhooks: subscribing to them, and what their bodies say."""

import json
import re
from http import HTTPStatus

from registry_ui.mlflow_client.answers import JsonObject, error_of, storable, understood
from registry_ui.mlflow_client.connection import API, Connection
from registry_ui.mlflow_client.entities import ChangeInfo, WebhookInfo
from registry_ui.mlflow_client.errors import (
    MLflowNotFound,
    MLflowUnreadable,
)
from registry_ui.mlflow_client.paging import all_of

_PATH = "webhooks"
_A_PAGE = 1000
_TEST_SECONDS = 30.0
"""MLflow tries a test up to four times before it answers."""
_VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_EVENTS = [
    {"entity": "REGISTERED_MODEL", "action": "CREATED"},
    {"entity": "MODEL_VERSION", "action": "CREATED"},
    {"entity": "MODEL_VERSION_TAG", "action": "SET"},
    {"entity": "MODEL_VERSION_TAG", "action": "DELETED"},
    {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"},
    {"entity": "MODEL_VERSION_ALIAS", "action": "DELETED"},
]
"""All that MLflow has of models: nothing of stages, deletions and model tags."""


class MLflowWebhooks:
    """Manages the webhooks of one MLflow server.

    Every method may raise `MLflowUnavailable`, `MLflowRefused` where our account may
    not do it, and `MLflowUnreadable` where MLflow fails at its own webhooks.
    """

    def __init__(self, uri: str) -> None:
        """Read credentials and TLS settings; nothing is sent yet.

        Raises:
            MLflowError: the URI or MLflow's environment variables cannot be used.
        """
        self._connection = Connection(uri, timeout_seconds=_TEST_SECONDS)

    def find_all(self) -> list[WebhookInfo]:
        """Return all webhooks that there are, others' too.

        Raises:
            MLflowNotFound: this MLflow has no webhooks at all.
        """
        found: list[WebhookInfo] = []
        token = ""
        while True:
            page = self._page(token)
            found += all_of(_webhook, page, "webhooks")
            token = page.get("next_page_token") or ""
            if not token:
                return found

    def create(self, name: str, url: str, secret: str) -> WebhookInfo:
        """Subscribe an address to all that happens to models and versions.

        Raises:
            MLflowRefused: MLflow sends nothing to such an address.
        """
        body = {"name": name, "url": url, "secret": secret, "events": _EVENTS}
        return _webhook_in(self._connection.write("POST", _PATH, body))

    def renew(self, webhook_id: str, url: str, secret: str) -> WebhookInfo:
        """Give a webhook another address and secret, and make it active.

        Raises:
            MLflowNotFound: there is no such webhook.
            MLflowRefused: MLflow sends nothing to such an address.
        """
        body: JsonObject = {"url": url, "secret": secret, "events": _EVENTS}
        body |= {"status": "ACTIVE"}
        path = f"{_PATH}/{webhook_id}"
        return _webhook_in(self._connection.write("PATCH", path, body))

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook; it is no error where there is none."""
        try:
            self._connection.write("DELETE", f"{_PATH}/{webhook_id}", {})
        except MLflowNotFound:
            return

    def test(self, webhook_id: str) -> str:
        """Let MLflow send an example to the webhook's address.

        Returns:
            Why it was not taken there, in MLflow's or the receiver's words; empty if
            it was.
        """
        path = f"{_PATH}/{webhook_id}/test"
        return understood(_failure, self._connection.write("POST", path, {}))

    def _page(self, token: str) -> JsonObject:
        params: JsonObject = {"max_results": _A_PAGE}
        params |= {"page_token": token} if token else {}
        answer = self._connection.read("GET", f"{API}{_PATH}", params=params)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise MLflowNotFound(
                answer.status,
                "ENDPOINT_NOT_FOUND",
                "This MLflow has no webhooks: they came with MLflow 3.3.",
            )
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            raise MLflowUnreadable(
                "MLflow fails at listing its webhooks. Either its registry is no SQL"
                " database, or it has lost the key that encrypts their secrets: start"
                " it with the MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY that it had."
            ) from error_of(answer)
        return answer.json()


def parse_change(body: bytes) -> ChangeInfo:
    """Return which model, and which version, the body of a webhook's request names.

    Raises:
        MLflowUnreadable: it is not such a body, or names no model.
    """
    try:
        data = json.loads(body)["data"]
        name, version = data["name"], str(data.get("version"))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        name = version = ""
    if not isinstance(name, str) or not name:
        raise MLflowUnreadable("The body is not JSON that names a model.")
    number = int(version) if _VERSION.fullmatch(version) else None
    return ChangeInfo(storable(name), number)


def _webhook(payload: JsonObject) -> WebhookInfo:
    return WebhookInfo(
        webhook_id=str(payload["webhook_id"]),
        url=str(payload["url"]),
        is_active=payload.get("status") == "ACTIVE",
    )


def _webhook_in(payload: JsonObject) -> WebhookInfo:
    return understood(lambda it: _webhook(it["webhook"]), payload)


def _failure(payload: JsonObject) -> str:
    result = payload["result"]
    if result.get("success"):
        return ""
    if error := result.get("error_message"):
        return str(error)
    status, text = result.get("response_status"), result.get("response_body") or ""
    return f"it was answered with HTTP {status}: {text}"
