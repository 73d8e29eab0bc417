"""Our webhook at MLflow: made, renewed and removed by the command `mlflow_hints`."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from registry_ui.errors import ActionError, CredentialUnreadableError
from registry_ui.mlflow_client import (
    MLflowError,
    MLflowNotFound,
    MLflowRefused,
    MLflowWebhooks,
    WebhookInfo,
)
from registry_ui.models import Hint, MLflowWebhook

NAME = "signoff-hints"
_SECRET_BYTES = 32
_REASON_CHARACTERS = 300

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Registration:
    """What became of a registration."""

    is_new: bool
    failure: str
    """Why MLflow's first try to reach us failed; empty if it succeeded."""


def register_webhook(webhooks: MLflowWebhooks, url: str) -> Registration:
    """Have MLflow send its events to us; renew the webhook that it has for us already.

    The secret stays while it can be read, since MLflow's processes go on with the one
    that they know for a minute.

    Raises:
        ActionError: MLflow has no webhooks, sends nothing there, or cannot be used.
    """
    found = _ask(webhooks.find_all, url)
    stored = MLflowWebhook.load()
    secret = _secret_of(stored) or secrets.token_urlsafe(_SECRET_BYTES)
    ours = next((hook for hook in found if _is_stored(hook, stored)), None)
    if ours is None:
        made = _ask(lambda: webhooks.create(NAME, url, secret), url)
    else:
        made = _ask(lambda: webhooks.renew(ours.webhook_id, url, secret), url)
    _store(made, secret)
    for hook in found:
        if hook.url == url and hook.webhook_id != made.webhook_id:
            # Of an earlier database of ours, whose secret is lost.
            _delete(webhooks, hook)
    return Registration(ours is None, _try_out(webhooks, made))


def remove_webhook(webhooks: MLflowWebhooks, url: str) -> int:
    """Remove our webhook at MLflow and here; return how many MLflow had.

    Raises:
        ActionError: MLflow cannot be used; the webhook stays on both sides.
    """
    stored = MLflowWebhook.load()
    try:
        found = webhooks.find_all()
    except MLflowNotFound:
        found = []  # another MLflow than before: it has none
    except MLflowError as error:
        raise ActionError(str(error)) from error
    ours = [hook for hook in found if hook.url == url or _is_stored(hook, stored)]
    for hook in ours:
        _delete(webhooks, hook)
    with transaction.atomic():
        MLflowWebhook.objects.all().delete()
        Hint.objects.all().delete()
    return len(ours)


def why_not_sending(webhooks: MLflowWebhooks) -> str:
    """Say why MLflow sends us nothing; empty if it should."""
    try:
        found = webhooks.find_all()
    except MLflowError as error:
        return str(error)
    stored = MLflowWebhook.load()
    ours = next((hook for hook in found if _is_stored(hook, stored)), None)
    if ours is None:
        return "MLflow has the webhook no longer: register it again."
    if not ours.is_active:
        return "Somebody has disabled the webhook in MLflow: register it again."
    return ""


def _is_stored(hook: WebhookInfo, stored: MLflowWebhook | None) -> bool:
    return stored is not None and hook.webhook_id == stored.webhook_id


def _secret_of(stored: MLflowWebhook | None) -> str:
    try:
        return stored.secret if stored else ""
    except CredentialUnreadableError:
        return ""


def _store(made: WebhookInfo, secret: str) -> None:
    row = MLflowWebhook.load() or MLflowWebhook()
    row.webhook_id = made.webhook_id
    row.url = made.url
    row.secret = secret
    row.registered_at = timezone.now()
    row.save()


def _delete(webhooks: MLflowWebhooks, hook: WebhookInfo) -> None:
    _ask(lambda: webhooks.delete(hook.webhook_id), hook.url)


def _try_out(webhooks: MLflowWebhooks, made: WebhookInfo) -> str:
    try:
        failure = webhooks.test(made.webhook_id)
    except MLflowError as error:
        failure = str(error)
    return failure[:_REASON_CHARACTERS].rstrip(".\n")


def _ask(call: Callable[[], _Answer], url: str) -> _Answer:
    """Return what MLflow answers.

    Raises:
        ActionError: it refused, with the remedy, or cannot be used.
    """
    try:
        return call()
    except MLflowNotFound as error:
        raise ActionError(str(error)) from error
    except MLflowRefused as error:
        raise ActionError(_refusal(error, url)) from error
    except MLflowError as error:
        raise ActionError(str(error)) from error


def _refusal(error: MLflowRefused, url: str) -> str:
    """Say what helps; told apart by MLflow's words, since its codes are all one."""
    scheme = urlsplit(url).scheme
    if "URL scheme" in error.message:
        return (
            f"MLflow does not send to {scheme} addresses, such as {url}. Start it with"
            " MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https, and if the address is private"
            " also MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true."
        )
    if "non-public" in error.message:
        return (
            f"MLflow does not send to private addresses, and {url} is one. Start it"
            " with MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true."
        )
    if "Cannot resolve" in error.message:
        return (
            f"MLflow knows no such host: {url}. Name Signoff as MLflow can reach it"
            " with --address."
        )
    return f"MLflow refused: {error}"
