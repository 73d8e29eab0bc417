"""The catalogue of events: when each fires, what is sent, and its JSON schema."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from registry_ui.htmx import render_page
from webhooks_ui.forms import EVENT_GROUPS, EventFilterForm
from webhooks_ui.models import (
    DATABRICKS_EVENTS,
    REGISTRY_WIDE_ONLY,
    EventName,
    PayloadFormat,
)
from webhooks_ui.payloads import RULES, cloud_type_of, example_of, schema_of

CATALOG = "webhooks_ui/webhook_events.html"
_SCHEMA_TYPE = "application/schema+json"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One event as the catalogue shows it.

    `example` and `cloud_example` are what a receiver would get, with a field a line.
    """

    name: EventName
    when: str
    cloud_type: str
    example: str
    cloud_example: str

    @property
    def is_of_databricks(self) -> bool:
        """Do Databricks' clients know it?"""
        return self.name in DATABRICKS_EVENTS

    @property
    def is_registry_wide_only(self) -> bool:
        """Is it never told to a webhook of one model?"""
        return self.name in REGISTRY_WIDE_ONLY


@require_safe
def webhook_events(request: HttpRequest) -> HttpResponse:
    """Show all events, or those in which each of the words occurs."""
    form = EventFilterForm(request.GET)
    words = form.words()
    found = {
        group: [name for name in names if _has(name, words)]
        for group, names in EVENT_GROUPS.items()
    }
    context = {
        "groups": {
            group: [_entry(name) for name in names]
            for group, names in found.items()
            if names
        },
        "count": sum(map(len, found.values())),
        "total": len(EventName),
        "q": form["q"].value() or "",
    }
    return render_page(request, CATALOG, context, partial="catalog")


@login_not_required
@require_safe
def webhook_event_schema(_request: HttpRequest, event_name: str) -> HttpResponse:
    """Answer with the JSON schema of an event's payload, to anybody."""
    if event_name not in EventName.values:
        raise Http404
    return JsonResponse(
        schema_of(EventName(event_name)),
        content_type=_SCHEMA_TYPE,
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )


def _has(name: EventName, words: Sequence[str]) -> bool:
    text = f"{name} {name.label} {RULES[name].when} {cloud_type_of(name)}".casefold()
    return all(word in text for word in words)


def _entry(name: EventName) -> CatalogEntry:
    return CatalogEntry(
        name=name,
        when=RULES[name].when,
        cloud_type=cloud_type_of(name),
        example=_indented(example_of(name)),
        cloud_example=_indented(example_of(name, PayloadFormat.CLOUDEVENTS)),
    )


def _indented(payload: dict[str, object]) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False)
