"""Finds deliveries for the ledger: filtered, a page at a time."""

import re
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from registry_ui.keyset import Edges, Key, KeysetPage, Order, SortKey, page_of
from registry_ui.models import AuditEvent, RegisteredModel
from registry_ui.models.text import contains, equals
from webhooks_ui.forms import DeliveryFilterForm
from webhooks_ui.models import Delivery, DeliveryAttempt, Webhook

PAGE_SIZE = 50
_ID = re.compile(r"[0-9a-f]{6,32}")
_VERSION = re.compile(r"(?P<model>.+?)(?: v|/)(?P<number>\d{1,9})", re.DOTALL)
_MOST_MODELS = 100


def find_deliveries(
    webhook: Webhook, form: DeliveryFilterForm, now: datetime
) -> QuerySet[Delivery]:
    """Return the deliveries of a webhook that meet every condition of the form."""
    chosen = form.chosen()
    found: QuerySet[Delivery] = Delivery.objects.filter(
        webhook=webhook
    ).created_between(*form.bounds(now))
    if chosen["status"]:
        found = found.filter(status=chosen["status"])
    if chosen["event"]:
        found = found.filter(event_name=chosen["event"])
    if chosen["q"]:
        found = found.filter(_told_by(chosen["q"]))
    return found


def delivery_page(found: QuerySet[Delivery], edges: Edges) -> KeysetPage[Delivery]:
    """Return one page of deliveries, the newest first, as the table shows them."""
    key = SortKey(F("id"), is_descending=True)
    return page_of(
        found,
        _fetch,
        Order((key,), lambda row: row.pk, _read_id),
        edges,
        size=PAGE_SIZE,
    )


def delivery_rows(
    deliveries: QuerySet[Delivery] | list[Delivery],
) -> list[tuple[Delivery, DeliveryAttempt | None]]:
    """Return deliveries as the table shows them: each with its last attempt, if any."""
    if not isinstance(deliveries, list):
        deliveries = list(_shown(deliveries))
    attempts = DeliveryAttempt.objects.filter(
        delivery__in=[one.pk for one in deliveries],
        number=F("delivery__attempt_count"),
    ).only("delivery_id", "number", "status_code", "error", "duration_ms")
    last = {attempt.delivery_id: attempt for attempt in attempts}
    return [(one, last.get(one.pk)) for one in deliveries]


def _fetch(pks: list[Any]) -> dict[Any, Delivery]:
    return {one.pk: one for one in _shown(Delivery.objects.filter(pk__in=pks))}


def _shown(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Leave out what no table shows, and is long."""
    return deliveries.select_related("webhook", "event").defer(
        "payload", "event__body", "event__hash", "event__previous_hash"
    )


def _read_id(text: str) -> Key | None:
    return (text,) if _ID.fullmatch(text) else None


def _told_by(text: str) -> Q:
    """Match the begin of an id, or the model (`churn`) or version (`churn v7`)."""
    text = text.strip()
    about = _about(text)
    if (version := _VERSION.fullmatch(text)) is not None:
        about |= _about(version["model"]) & Q(version_number=int(version["number"]))
    events = AuditEvent.objects.filter(about)
    told = Q(event__in=events.values("position"))
    if _ID.fullmatch(text.lower()):
        told |= Q(pk__startswith=text.lower())
    return told


def _about(name: str) -> Q:
    """Match events about the model of that name; else those whose name contains it."""
    models = RegisteredModel.objects.all()
    exactly = list(models.filter(equals("name", name)).values_list("pk", flat=True)[:9])
    pks = exactly or list(
        models.filter(contains("name", name)).values_list("pk", flat=True)[
            :_MOST_MODELS
        ]
    )
    return Q(model_pk__in=pks)
