"""One attempt: what is sent, and what is kept of it and of its answer."""

import time
from datetime import datetime

from webhooks_ui.actions.job_runs import job_outgoing
from webhooks_ui.http_client import Answer, Outgoing
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.signing import signature_headers

KEPT_ANSWER_BYTES = 4 * 1024
_HIDDEN = "(set; not shown)"
_SHORTEST_SECRET = 8  # below, a part of a word may be taken for it


def outgoing(delivery: Delivery, *, start_before: float = float("inf")) -> Outgoing:
    """Return the request for a delivery, signed as of now.

    Raises:
        CredentialUnreadableError: a credential's encryption key is gone.
    """
    webhook = delivery.webhook
    if webhook.is_job:
        return job_outgoing(delivery, start_before=start_before)
    body = delivery.body
    headers = {"Content-Type": "application/json; charset=utf-8"}
    headers |= signature_headers(
        [secret] if (secret := webhook.secret) else [],
        message_id=delivery.pk,
        timestamp=int(time.time()),
        body=body,
    )
    if authorization := webhook.authorization:
        headers["Authorization"] = authorization
    return Outgoing(
        id=delivery.pk,
        endpoint=webhook.pk,
        url=webhook.url,
        headers=headers,
        body=body,
        verifies_tls=webhook.enable_ssl_verification,
        start_before=start_before,
    )


def attempt_of(
    delivery: Delivery, request: Outgoing, answer: Answer, *, trigger: Trigger
) -> DeliveryAttempt:
    """Return the ledger's entry for an answer, not yet saved, credentials left out."""
    credential = request.headers.get("Authorization", "")
    return DeliveryAttempt(
        delivery=delivery,
        number=delivery.attempt_count + 1,
        trigger=trigger,
        started_at=answer.started_at,
        duration_ms=answer.duration_ms,
        url=answer.job.url if answer.job else request.url,
        request_headers={
            name: _HIDDEN if name == "Authorization" else value
            for name, value in request.headers.items()
        },
        status_code=answer.status_code,
        request_body=answer.job.body.decode() if answer.job else "",
        response_body=_without(credential, readable(answer.body)),
        error=_without(credential, answer.error),
    )


def unsent_attempt(
    delivery: Delivery, reason: str, *, trigger: Trigger, at: datetime
) -> DeliveryAttempt:
    """Return the ledger's entry for an attempt that failed on our side."""
    return DeliveryAttempt(
        delivery=delivery,
        number=delivery.attempt_count + 1,
        trigger=trigger,
        started_at=at,
        url=delivery.webhook.url or delivery.webhook.workspace_url,
        error=reason,
    )


def _without(credential: str, text: str) -> str:
    """Return the text without a credential that the receiver sent back."""
    for secret in (credential, credential.rpartition(" ")[2]):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _HIDDEN)
    return text


def readable(body: bytes) -> str:
    """Return the begin of an answer as text, at most 4 KiB.

    NUL is replaced as well: PostgreSQL stores no text that holds it.
    """
    text = body[:KEPT_ANSWER_BYTES].decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd")
