"""Hints as MLflow sends them: its own code signs."""

import json
import time
import uuid
from typing import Any

from django.utils import timezone
from mlflow.webhooks.delivery import _generate_hmac_signature

from registry_ui.models import MLflowWebhook

SECRET = "s3cret-ü"  # noqa: S105 - of a test
URL = "http://signoff.test/hints/mlflow/"


def make_mlflow_webhook(webhook_id: str = "a-webhook") -> MLflowWebhook:
    """Store a webhook as if it were registered."""
    webhook = MLflowWebhook(
        webhook_id=webhook_id, url=URL, registered_at=timezone.now()
    )
    webhook.secret = SECRET
    webhook.save()
    return webhook


def hint_body(name: str = "churn", **data: Any) -> str:
    """Return the body of an alias event."""
    return json.dumps(
        {
            "entity": "model_version_alias",
            "action": "created",
            "timestamp": "2026-11-22T21:48:32.279423+00:00",
            "data": {"name": name, **data},
        }
    )


def signed_headers(
    body: str, *, secret: str = SECRET, age_seconds: float = 0
) -> dict[str, str]:
    """Return the headers that MLflow sends with a body."""
    delivery_id = str(uuid.uuid4())
    timestamp = str(int(time.time() - age_seconds))
    return {
        "X-MLflow-Delivery-Id": delivery_id,
        "X-MLflow-Timestamp": timestamp,
        "X-MLflow-Signature": _generate_hmac_signature(
            secret, delivery_id, timestamp, body
        ),
    }
