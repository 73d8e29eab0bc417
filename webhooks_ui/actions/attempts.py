"""One attempt: what is sent, and what is kept of it and of its answer."""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from html.entities import codepoint2name

from django.utils import timezone

from webhooks_ui.actions.job_runs import job_outgoing
from webhooks_ui.http_client import Answer, Outgoing
from webhooks_ui.models import Delivery, DeliveryAttempt, NewAttempt, Trigger, Webhook
from webhooks_ui.payloads import content_type_of
from webhooks_ui.signing import signature_headers

_KEPT_OF_ANSWER = 4096  # characters
_HIDDEN = "(set; not shown)"
_QUOTED = re.compile(r'"([^"]+)"')
_BACKSLASHES = r"(?:\\|u005c|&#0*92;|&#x0*5c;|%5c){0,16}+"
_SHORTEST_CREDENTIAL = 4  # characters; shorter ones occur in any text


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a webhook signs and identifies itself with.

    Attributes:
        secrets: in force, the newest first.
        authorization: value of the header; empty where none is sent.
        until: when the first of the secrets expires, of time.monotonic().
    """

    secrets: Sequence[str] = field(repr=False)
    authorization: str = field(repr=False)
    until: float


def credentials_of(webhook: Webhook) -> Credentials:
    """Decrypt what a webhook's deliveries need by now.

    Raises:
        CredentialUnreadableError: a credential's encryption key is gone.
    """
    now = timezone.now()
    secrets = webhook.secrets_in_force(now)
    ends = [secret.expires_at for secret in secrets if secret.expires_at]
    seconds_left = (min(ends) - now).total_seconds() if ends else float("inf")
    return Credentials(
        secrets=[secret.value for secret in secrets],
        authorization=webhook.authorization,
        until=time.monotonic() + seconds_left,
    )


def outgoing(
    delivery: Delivery,
    *,
    start_before: float = float("inf"),
    credentials: Callable[[Webhook], Credentials] = credentials_of,
) -> Outgoing:
    """Return the request for a delivery, signed as of now.

    It starts before any secret that it is signed with expires, or not at all.

    Args:
        delivery: of which the webhook is known.
        start_before: of time.monotonic(); later it is not sent.
        credentials: reads them; who sends many at once has no need to for each.

    Raises:
        CredentialUnreadableError: a credential's encryption key is gone.
    """
    webhook = delivery.webhook
    if webhook.is_job:
        return job_outgoing(delivery, start_before=start_before)
    body = delivery.body
    known = credentials(webhook)
    headers = {"Content-Type": content_type_of(delivery.payload_format)}
    headers |= signature_headers(
        known.secrets, message_id=delivery.pk, timestamp=int(time.time()), body=body
    )
    if known.authorization:
        headers["Authorization"] = known.authorization
    return Outgoing(
        id=delivery.pk,
        endpoint=webhook.pk,
        url=webhook.url,
        headers=headers,
        body=body,
        verifies_tls=webhook.enable_ssl_verification,
        start_before=min(start_before, known.until),
    )


def attempt_of(
    delivery: Delivery, request: Outgoing, answer: Answer, *, trigger: str
) -> NewAttempt:
    """Return the ledger's entry for an answer, credentials left out."""
    if answer.job:
        request = replace(request, url=answer.job.url, body=answer.job.body)
    return NewAttempt(
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
        response_headers={
            name: _without_credential(value, request)
            for name, value in answer.headers.items()
        },
        request_body=answer.job.body.decode() if answer.job else "",
        response_body=_without_credential(text_of(answer.body), request)[
            :_KEPT_OF_ANSWER
        ],
        error=_without_credential(answer.error, request),
    )


def _without_credential(text: str, request: Outgoing) -> str:
    """Return the text without what it repeats of the Authorization header.

    Some receivers answer with all that they got, and the ledger shows the answer.
    """
    credential = request.headers.get("Authorization")
    if not credential:
        return text
    # `Bearer …` and `Token token="…"` may be repeated without the words around.
    parts = (credential, *credential.split()[1:], *_QUOTED.findall(credential))
    return without_secrets(text, [p for p in parts if len(p) >= _SHORTEST_CREDENTIAL])


def without_secrets(
    text: str, secrets: Iterable[str], *, instead: str = _HIDDEN
) -> str:
    """Return the text without what it repeats of secrets, however it escapes them.

    Call it before the text is cut: what is left of a secret is not found again.
    """
    for secret in secrets:
        text = _however_escaped(secret).sub(lambda _: instead, text)
    return text


@lru_cache(maxsize=256)
def _however_escaped(secret: str) -> re.Pattern[str]:
    """Return what finds a secret as JSON, JSON in JSON, HTML and URLs may say it."""
    ways = "".join(map(_ways_to_write, secret.replace("\\", "")))
    return re.compile(ways, re.IGNORECASE)


def _ways_to_write(character: str) -> str:
    """Return a pattern for one character, with any backslashes before it."""
    code = ord(character)
    utf_16 = character.encode("utf-16-be").hex(" ", 2).split()
    ways = [
        re.escape(character),
        "u" + rf"{_BACKSLASHES}u".join(utf_16),
        f"&#0*{code};",
        f"&#x0*{code:x};",
        "".join(f"%{byte:02x}" for byte in character.encode()),
    ]
    if name := codepoint2name.get(code):
        ways.append(f"&{name};")
    if character == " ":
        ways.append(r"\+")
    return rf"{_BACKSLASHES}(?:{'|'.join(ways)})"


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


def text_of(body: bytes) -> str:
    """Return an answer as text; NUL, which PostgreSQL stores in none, is replaced."""
    return body.decode("utf-8", "replace").replace("\x00", "\ufffd")
