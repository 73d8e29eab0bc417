"""One attempt: what is sent, and what is kept of it and of its answer."""

import time
from datetime import datetime

from django.utils import timezone

from webhooks_ui.http_client import Answer, Outgoing
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.signing import signature_headers

KEPT_ANSWER_BYTES = 4 * 1024
_HIDDEN = "(set; not shown)"


def outgoing(delivery: Delivery, *, start_before: float = float("inf")) -> Outgoing:
    """Return the request for a delivery, signed as of now.

    It starts before any secret that it is signed with expires, or not at all.

    Raises:
        CredentialUnreadableError: a credential's encryption key is gone.
    """
    webhook = delivery.webhook
    body = delivery.body
    now = timezone.now()
    secrets = webhook.secrets_in_force(now)
    for secret in secrets:
        if secret.expires_at is not None:
            seconds_left = (secret.expires_at - now).total_seconds()
            start_before = min(start_before, time.monotonic() + seconds_left)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    headers |= signature_headers(
        [secret.value for secret in secrets],
        message_id=delivery.pk,
        timestamp=int(now.timestamp()),
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
    return DeliveryAttempt(
        delivery=delivery,
        number=delivery.attempt_count + 1,
        trigger=trigger,
        started_at=answer.started_at,
        duration_ms=answer.duration_ms,
        url=request.url,
        request_headers={
            name: _HIDDEN if name == "Authorization" else value
            for name, value in request.sent_headers.items()
        },
        status_code=answer.status_code,
        response_body=readable(answer.body),
        error=answer.error,
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
        url=delivery.webhook.url,
        error=reason,
    )


def readable(body: bytes) -> str:
    """Return the begin of an answer as text, at most 4 KiB.

    NUL is replaced as well: PostgreSQL stores no text that holds it.
    """
    text = body[:KEPT_ANSWER_BYTES].decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd")
