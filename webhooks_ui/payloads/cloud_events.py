"""The form of CloudEvents 1.0, structured mode: the payload stands in `data`."""

from typing import Any

from webhooks_ui.models import EventName
from webhooks_ui.payloads.catalog import RULES
from webhooks_ui.payloads.fields import absolute
from webhooks_ui.payloads.occurrences import Occurrence
from webhooks_ui.payloads.schemas import schema_url

TYPE_PREFIX = "io.signoff"
_ENTITIES = (
    "MODEL_VERSION_ALIAS",
    "MODEL_VERSION_TAG",
    "MODEL_VERSION",
    "REGISTERED_MODEL",
    "TRANSITION_REQUEST",
    "TRANSITION",
    "BREAK_GLASS",
    "INCIDENT",
    "COMMENT",
    "CHECK",
    "POLICY",
)
"""What the names begin with, the longer ones first."""


def type_of(name: EventName) -> str:
    """Return the CloudEvents type: `io.signoff.transition_request.approved`."""
    entity = next(one for one in _ENTITIES if name.startswith(f"{one}_"))
    act = name.removeprefix(f"{entity}_")
    return f"{TYPE_PREFIX}.{entity}.{act}".lower()


def cloud_event(
    told: dict[str, Any], occurrence: Occurrence, name: EventName, delivery_id: str
) -> dict[str, Any]:
    """Wrap a payload.

    Source: CloudEvents 1.0.2, JSON event format. Whoever sees `source` and `id` again
    has the event already: all attempts of a delivery carry the same.

    Args:
        told: the payload in Databricks' form.
        occurrence: what it tells of.
        name: of the event.
        delivery_id: the value of `webhook-id`, too.
    """
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": delivery_id,
        "source": absolute(""),
        "type": type_of(name),
        "time": occurrence.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": schema_url(name),
        "data": told,
    }
    subject = _subject(told["links"], name)
    if subject:
        event["subject"] = subject
    return event


def _subject(links: dict[str, str], name: EventName) -> str:
    """Return the path of the page about it: with the source before it, its address."""
    order = ["incident", "version", "model", "policy"]
    if RULES[name].is_of_request:
        order.insert(0, "request")
    address = next((links[one] for one in order if one in links), "")
    return address.removeprefix(absolute(""))
