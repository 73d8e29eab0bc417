"""Signatures: of deliveries (Databricks' header, Standard Webhooks 1.0), of links."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer

_PREFIX = "whsec_"
_KEY_BYTES = 32
_unsubscribe = Signer(salt="signoff.unsubscribe", sep=".")


def generate_secret() -> str:
    """Return a new secret in the form of Standard Webhooks: `whsec_…`, 256 bits."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def databricks_signature(secret: str, body: bytes) -> str:
    """Return the value of `X-Databricks-Signature`: hex HMAC-SHA256 of the body.

    The key is the secret's text as UTF-8, whatever its form.
    """
    return hmac.digest(secret.encode(), body, "sha256").hex()


def standard_signature(
    webhook_secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes
) -> str:
    """Return the value of `webhook-signature`: one `v1,…` a secret, space separated.

    Args:
        webhook_secrets: those in force; while one is replaced, the old and the new.
        message_id: the value of `webhook-id`.
        timestamp: the value of `webhook-timestamp`, seconds since the epoch.
        body: the exact bytes that are sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()
        for secret in webhook_secrets
    )


def signature_headers(
    webhook_secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers that name and sign one attempt.

    Without a secret a delivery is named and dated, but not signed. Databricks' header
    has room for one signature: the first secret's, which is the newest.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if webhook_secrets:
        headers["webhook-signature"] = standard_signature(
            webhook_secrets, message_id=message_id, timestamp=timestamp, body=body
        )
        headers["X-Databricks-Signature"] = databricks_signature(
            webhook_secrets[0], body
        )
    return headers


def _key(secret: str) -> bytes:
    """Return the key of Standard Webhooks: `whsec_` is Base64, other text is UTF-8."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def unsubscribe_token(user: User) -> str:
    """Return what proves in a link that it came with a mail to this person."""
    return _unsubscribe.sign(str(user.pk))


def user_pk_of(token: str) -> int | None:
    """Return whose token it is; None where it is none of ours."""
    try:
        return int(_unsubscribe.unsign(token))
    except BadSignature:
        return None
