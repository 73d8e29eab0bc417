"""The signature of MLflow's webhooks: Standard Webhooks' scheme, other header names."""

import base64
import hmac


def mlflow_signature(
    secret: str, *, delivery_id: str, timestamp: str, body: bytes
) -> str:
    """Return the value of `X-MLflow-Signature`: `v1,<Base64 of HMAC-SHA256>`.

    Args:
        secret: its text as UTF-8 is the key, whatever its form.
        delivery_id: the value of `X-MLflow-Delivery-Id`.
        timestamp: the value of `X-MLflow-Timestamp`, as it was sent.
        body: the exact bytes that were sent.
    """
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    digest = hmac.digest(secret.encode(), signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
