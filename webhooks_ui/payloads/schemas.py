"""The published JSON schemas (2020-12), made of what the payloads are made of."""

from typing import Any

from django.urls import reverse

from webhooks_ui.models import EventName
from webhooks_ui.payloads.catalog import RULES
from webhooks_ui.payloads.fields import absolute

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_url(name: EventName) -> str:
    """Return where the schema of an event is published."""
    return absolute(reverse("webhooks_ui:webhook_event_schema", args=[name.value]))


def schema_of(name: EventName) -> dict[str, Any]:
    """Return the schema of an event's payload; in CloudEvents' form, of its `data`.

    More fields may come: a receiver ignores those that it does not know.
    """
    rule = RULES[name]
    properties: dict[str, Any] = {
        "event": {"const": name.value, "description": "Name of the event."},
        "webhook_id": {
            "type": "string",
            "pattern": "^[0-9a-f]{32}$",
            "description": "The webhook that it was sent for.",
        },
        "event_timestamp": {
            "type": "integer",
            "description": "When it happened: milliseconds since 1970, UTC.",
        },
    }
    required = list(properties)
    for field in rule.all_fields:
        properties[field.name] = {**field.schema, "description": field.says}
        if field.is_required:
            required.append(field.name)
    return {
        "$schema": DIALECT,
        "$id": schema_url(name),
        "title": name.value,
        "description": f"Fires when {rule.when}.",
        "type": "object",
        "properties": properties,
        "required": required,
    }
