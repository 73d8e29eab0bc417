"""One attempt: what is sent, and what is kept of it and of its answer."""

import time
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from webhooks_ui.actions.job_runs import job_outgoing
from webhooks_ui.http_client import Answer, Outgoing
from webhooks_ui.models import Delivery, DeliveryAttempt, Trigger
from webhooks_ui.payloads import content_type_of
from webhooks_ui.signing import signature_headers

KEPT_ANSWER_BYTES = 4 * 1024
_HIDDEN = "(set; not shown)"
_SHORTEST_CREDENTIAL = 4  # characters; shorter ones occur in any text


def outgoing(delivery: Delivery, *, start_before: float = float("inf")) -> Outgoing:
    """Return the request for a delivery, signed as of now.

    It starts before any secret that it is signed with expires, or not at all.

    Raises:
        CredentialUnreadableError: a credential's encryption key is gone.
    """
    webhook = delivery.webhook
    if webhook.is_job:
        return job_outgoing(delivery, start_before=start_before)
    body = delivery.body
    now = timezone.now()
    secrets = webhook.secrets_in_force(now)
    for secret in secrets:
        if secret.expires_at is not None:
            seconds_left = (secret.expires_at - now).total_seconds()
            start_before = min(start_before, time.monotonic() + seconds_left)
    headers = {"Content-Type": content_type_of(delivery.payload_format)}
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
    if answer.job:
        request = replace(request, url=answer.job.url, body=answer.job.body)
    return DeliveryAttempt(
        delivery_id=delivery.pk,
        webhook_id=delivery.webhook_id,
        number=delivery.attempt_count + 1,
        trigger=trigger,
        triggered_by=delivery.redelivered_by if trigger == Trigger.MANUAL else "",
        started_at=answer.started_at,
        duration_ms=answer.duration_ms,
        url=request.url,
        request_headers={
            name: _HIDDEN if name == "Authorization" else value
            for name, value in request.sent_headers.items()
        },
        status_code=answer.status_code,
        response_headers=dict(answer.headers),
        request_body=answer.job.body.decode() if answer.job else "",
        response_body=_without_credential(readable(answer.body), request),
        error=_without_credential(answer.error, request),
    )


def _without_credential(text: str, request: Outgoing) -> str:
    """Return the text without what it repeats of the Authorization header.

    Some receivers answer with all that they got, and the ledger shows the answer.
    """
    credential = request.headers.get("Authorization", "")
    for part in (credential, *credential.split()[1:]):
        if len(part) >= _SHORTEST_CREDENTIAL:
            text = text.replace(part, _HIDDEN)
    return text


def unsent_attempt(
    delivery: Delivery, reason: str, *, trigger: Trigger, at: datetime
) -> DeliveryAttempt:
    """Return the ledger's entry for an attempt that failed on our side."""
    return DeliveryAttempt(
        delivery_id=delivery.pk,
        webhook_id=delivery.webhook_id,
        number=delivery.attempt_count + 1,
        trigger=trigger,
        triggered_by=delivery.redelivered_by if trigger == Trigger.MANUAL else "",
        started_at=at,
        url=delivery.webhook.url or delivery.webhook.workspace_url,
        error=reason,
    )


def readable(body: bytes) -> str:
    """Return the begin of an answer as text, at most 4 KiB.

    NUL is replaced as well: PostgreSQL stores no text that holds it.
    """
    text = body[:KEPT_ANSWER_BYTES].decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd")
