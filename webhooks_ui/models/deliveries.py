"""Deliveries: the outbox, the queue, the lease and the ledger in one table.

A row is written in the transaction of the event. `due_at` says when it may be sent;
a worker that claims a row leases it for a while, so a row whose worker died is due
again by itself. No index knows of leases: to write one is cheap.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from django.db import connection, models
from django.db.models import Q
from django.db.models.base import ModelState
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone

from registry_ui.models import AuditEvent
from webhooks_ui.models.event_names import event_choices
from webhooks_ui.models.webhooks import PayloadFormat, Webhook


class Trigger(models.TextChoices):
    """What made us send."""

    AUTO = "auto", "Automatic"
    MANUAL = "manual", "Redelivered"
    TEST = "test", "Test"


KEPT_NAME = 150
"""Characters of a user name, which are copied: people may be gone one day."""


def first_delivery_id(moment: datetime) -> str:
    """Return what no id that was made at a moment, or after it, is smaller than."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return f"{milliseconds:012x}{'0' * 20}"


def moment_of(delivery_id: str) -> datetime:
    """Return when an id was made."""
    return datetime.fromtimestamp(int(delivery_id[:12], 16) / 1000, UTC)


def new_delivery_id() -> str:
    """Return a UUID of version 7 as 32 hex digits: sorted by time, unguessable.

    Source: RFC 9562, section 5.7.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value &= ~((0xF << 76) | (0x3 << 62))
    value |= (0x7 << 76) | (0x2 << 62)
    return uuid.UUID(int=value).hex


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Finds deliveries."""

    def pending(self) -> DeliveryQuerySet:
        """Keep what is still to be sent, or to be sent again."""
        return self.filter(status=Delivery.Status.PENDING)

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Keep what may be sent now, the longest due first."""
        due = self.waiting(now).filter(due_at__lte=now)
        return due.order_by("due_at", "id")

    def waiting(self, now: datetime) -> DeliveryQuerySet:
        """Keep what is to be sent, now or later, and no worker is sending."""
        return self.pending().filter(_is_free(now))

    def among(self, ids: Sequence[str]) -> DeliveryQuerySet:
        """Keep those with these ids, handed over as one value.

        To quote and to parse hundreds of them took a tenth of the time of a delivery.
        """
        values = (
            "SELECT json_array_elements_text(%s)"
            if connection.vendor == "postgresql"
            else "SELECT value FROM json_each(%s)"
        )
        return self.filter(pk__in=RawSQL(values, [json.dumps(ids)]))  # noqa: S611

    def created_between(
        self, start: datetime | None, end: datetime | None
    ) -> DeliveryQuerySet:
        """Keep those made from one moment on and before another one.

        Ids begin with the time, so that the index of the ids is that of the time, too.

        Args:
            start: None for no such bound, as is `end`.
            end: not part of the period.
        """
        found = self
        if start:
            found = found.filter(pk__gte=first_delivery_id(start))
        if end:
            found = found.filter(pk__lt=first_delivery_id(end))
        return found

    def free(self, now: datetime) -> DeliveryQuerySet:
        """Leave out tests, and what a worker is sending."""
        return self.exclude(event=None).filter(_is_free(now))

    def in_flight(self, now: datetime) -> DeliveryQuerySet:
        """Keep what a worker has taken and may be sending."""
        return self.pending().filter(leased_until__gt=now)


def _is_free(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now)


class Delivery(models.Model):
    """One event to one webhook; its id is the receiver's key against doubles."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    id = models.CharField(
        primary_key=True, max_length=32, default=new_delivery_id, editable=False
    )
    webhook = models.ForeignKey(
        Webhook,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # `delivery_by_time` begins with it
    )
    event = models.ForeignKey(
        AuditEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nobody asks by it alone, and events stay
        help_text="Empty: a test with an invented event.",
    )
    event_name = models.CharField(max_length=64, choices=event_choices)
    payload = models.BinaryField(help_text="The exact bytes of each attempt.")
    payload_format = models.CharField(
        max_length=16,
        choices=PayloadFormat.choices,
        default=PayloadFormat.DATABRICKS,
        help_text="Of these bytes, whatever the webhook wants by now.",
    )
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.PENDING
    )
    attempt_count = models.PositiveIntegerField(default=0)
    retry_step = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts of the present run; a redelivery starts anew."
    )
    next_trigger = models.CharField(
        max_length=8, choices=Trigger.choices, default=Trigger.AUTO
    )
    redelivered_by = models.CharField(
        max_length=KEPT_NAME,
        blank=True,
        default="",
        help_text="User name of who had it sent again last.",
    )
    due_at = models.DateTimeField()
    claim_token = models.CharField(max_length=32, blank=True, default="")
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then it is left to who claimed it."
    )
    run_number = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was sent again after it had succeeded."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    given_up_reason = models.TextField(
        blank=True,
        default="",
        help_text="Why it failed other than by an answer: skipped, or waited too long.",
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "event", "event_name"],
                name="one_delivery_per_webhook_event_and_name",
            )
        ]
        indexes = [
            # In a claim's order, so that one reads its share and not all that waits.
            models.Index(
                fields=["webhook", "due_at", "id"],
                condition=Q(status="pending"),
                name="delivery_due",
            ),
            models.Index(
                fields=["webhook", "event", "id"],
                condition=Q(status="pending"),
                name="delivery_in_order",
            ),
            models.Index(
                fields=["webhook", "status", "-id"], name="delivery_by_status"
            ),
            # The name is there to be read: filtering by it then costs no row.
            models.Index(
                fields=["webhook", "-id", "event_name"], name="delivery_by_time"
            ),
        ]

    def __str__(self) -> str:
        """Return event name and receiver."""
        return f"{self.event_name} to {self.webhook.host}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("webhooks_ui:delivery_detail", args=[self.webhook_id, self.pk])

    @classmethod
    def from_db(
        cls,
        db: str | None,
        field_names: Collection[str],
        values: Collection[Any],
        **state: Any,
    ) -> Self:
        """Return a row as it was read, without Django's look at each field.

        That took half the time of a claim. What was not read stays deferred.
        """
        row = cls.__new__(cls)
        row._state = ModelState()
        vars(row._state).update(state, adding=False, db=db)
        vars(row).update(zip(field_names, values, strict=True))
        return row

    @property
    def is_test(self) -> bool:
        """Was it sent by the test button?"""
        return self.event_id is None

    @property
    def is_in_flight(self) -> bool:
        """Has a worker taken it, and may it be sending it?"""
        return self.leased_until is not None and self.leased_until > timezone.now()

    @property
    def next_try_at(self) -> datetime | None:
        """Return the earliest moment of its next attempt; past once it is due.

        None where no moment is known: it has ended, is being sent, or its webhook
        sends nothing.
        """
        is_waiting = self.status == self.Status.PENDING and not self.is_in_flight
        if not (is_waiting and self.webhook.is_sending):
            return None
        return max(self.due_at, self.webhook.held_until or self.due_at)

    @property
    def is_due(self) -> bool:
        """Is its time there, so that a free worker takes it, when it is its turn?"""
        return self.next_try_at is not None and self.next_try_at <= timezone.now()

    @property
    def body(self) -> bytes:
        """Return the payload as bytes: SQLite and PostgreSQL hand over other types."""
        return bytes(self.payload)
