"""What receivers get: which events are told under which names, and what is said.

One table (`catalog`) has an entry a name: its fields, its sentence and its example.
What is sent (`bodies`), the published schemas (`schemas`) and the page come from it.
"""

from webhooks_ui.payloads.bodies import (
    TEST_TEXT,
    content_type_of,
    example_of,
    payload_of_event,
    payload_of_test,
)
from webhooks_ui.payloads.catalog import RULES, names_of
from webhooks_ui.payloads.cloud_events import type_of as cloud_type_of
from webhooks_ui.payloads.fields import MAX_TEXT_LENGTH
from webhooks_ui.payloads.schemas import schema_of, schema_url

__all__ = [
    "MAX_TEXT_LENGTH",
    "RULES",
    "TEST_TEXT",
    "cloud_type_of",
    "content_type_of",
    "example_of",
    "names_of",
    "payload_of_event",
    "payload_of_test",
    "schema_of",
    "schema_url",
]
