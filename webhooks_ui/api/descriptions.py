"""A webhook as Databricks' clients read it; credentials are never among it."""

from collections.abc import Sequence

from pydantic import JsonValue

from registry_ui.api.dialect.descriptions import milliseconds
from webhooks_ui.models import Webhook


def describe(webhook: Webhook, events: Sequence[str]) -> dict[str, JsonValue]:
    """Return the JSON object of a webhook.

    Args:
        webhook: with its model.
        events: those to show; not empty, or a client raises.
    """
    description: dict[str, JsonValue] = {
        "id": webhook.pk,
        "events": list(events),
        "description": webhook.description,
        "status": webhook.status,
        "creation_timestamp": milliseconds(webhook.created_at),
        "last_updated_timestamp": milliseconds(webhook.updated_at),
    }
    if webhook.model:
        description["model_name"] = webhook.model.name
    # Exactly one of the two: an empty other one makes a client raise.
    if webhook.is_job:
        description["job_spec"] = {
            "job_id": webhook.job_id,
            "workspace_url": webhook.workspace_url,
        }
    else:
        description["http_url_spec"] = {
            "url": webhook.url,
            "enable_ssl_verification": webhook.enable_ssl_verification,
        }
    return description
