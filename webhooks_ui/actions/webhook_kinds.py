"""The two kinds of receiver: what each needs, and whether it may be called."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from registry_ui.errors import InvalidFieldError
from webhooks_ui.errors import UrlRefusedError
from webhooks_ui.http_client import check_destination
from webhooks_ui.models import Webhook
from webhooks_ui.models.webhooks import JOB_ID_DIGITS

OWN_FIELDS: Mapping[str, Mapping[str, Any]] = {
    Webhook.Kind.HTTP: {
        "url": "",
        "enable_ssl_verification": True,
        "secret": "",
        "authorization": "",
    },
    Webhook.Kind.JOB: {"job_id": "", "workspace_url": "", "access_token": ""},
}
"""What only one kind has, with the value that stands for not having it."""

_HIGHEST_JOB_ID = 2**63 - 1


def check_kind(kind: str, *, job_id: str, workspace_url: str) -> None:
    """Refuse an unknown kind, and what is no job or no workspace.

    Raises:
        InvalidFieldError: the first field that will not do.
    """
    if kind not in Webhook.Kind.values:
        raise InvalidFieldError("kind", f"There is no kind {kind!r}.")
    if kind != Webhook.Kind.JOB:
        return
    is_number = job_id.isascii() and job_id.isdigit() and job_id[0] != "0"
    if not is_number or len(job_id) > JOB_ID_DIGITS or int(job_id) > _HIGHEST_JOB_ID:
        raise InvalidFieldError(
            "job_id",
            "The job id must be a whole number such as 1234567890, as the job's page"
            " in Databricks shows it.",
        )
    if not _is_origin(workspace_url):
        raise InvalidFieldError(
            "workspace_url",
            "Give scheme and host of the workspace alone, such as"
            " https://adb-1234567890.7.azuredatabricks.net.",
        )


def check_receiver(kind: str, *, url: str, workspace_url: str) -> None:
    """Refuse a receiver that must not be called, looking its name up.

    Raises:
        InvalidFieldError: the text names the rule, the field is that of the kind.
    """
    if kind != Webhook.Kind.JOB:
        check_destination(url)
        return
    try:
        check_destination(workspace_url)
    except UrlRefusedError as error:
        raise InvalidFieldError("workspace_url", str(error)) from error


def check_token(
    webhook: Webhook, kind: str, workspace_url: str, access_token: str | None
) -> None:
    """Refuse a job webhook without an access token that was given for its workspace.

    Else whoever manages the webhook could have a token that somebody else entered
    sent to a host of their own.

    Args:
        webhook: as it is stored.
        kind: what it becomes.
        workspace_url: what it becomes.
        access_token: the new one; None keeps what is stored.

    Raises:
        InvalidFieldError: there is none.
    """
    if kind != Webhook.Kind.JOB or access_token:
        return
    if access_token == "" or not webhook.encrypted_access_token:
        raise InvalidFieldError(
            "access_token", "Give an access token: no job starts without one."
        )
    if webhook.workspace_url != workspace_url.rstrip("/"):
        raise InvalidFieldError(
            "access_token",
            "Give the access token again: the stored one was meant for another"
            " workspace.",
        )


def _is_origin(url: str) -> bool:
    """Is it scheme and host, perhaps a port, and nothing else?"""
    text = url.rstrip("/")
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_whole = text == f"{parts.scheme}://{parts.netloc}"
    return is_whole and bool(parts.hostname) and "@" not in text
