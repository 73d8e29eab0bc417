"""Deliveries: the outbox, the queue, the lease and the ledger in one table.

A row is written in the transaction of the event. `due_at` says when it may be sent;
a worker that claims a row moves `due_at` behind its lease, so a row whose worker died
is due again by itself.
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse

from registry_ui.models import AuditEvent
from webhooks_ui.models.webhooks import EventName, Webhook

if TYPE_CHECKING:
    from datetime import datetime


class Trigger(models.TextChoices):
    """What made us send."""

    AUTO = "auto", "Automatic"
    MANUAL = "manual", "Redelivered"
    TEST = "test", "Test"


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
        return self.pending().filter(due_at__lte=now).order_by("due_at", "id")

    def in_flight(self, now: datetime) -> DeliveryQuerySet:
        """Keep what a worker has taken and may be sending."""
        return self.pending().filter(due_at__gt=now).exclude(claim_token="")


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
        Webhook, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(
        AuditEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a test with an invented event.",
    )
    event_name = models.CharField(max_length=64, choices=EventName.choices)
    payload = models.BinaryField(help_text="The exact bytes of each attempt.")
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
    due_at = models.DateTimeField()
    claim_token = models.CharField(max_length=32, blank=True, default="")
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
            models.Index(
                fields=["webhook", "due_at"],
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
        ]

    def __str__(self) -> str:
        """Return event name and receiver."""
        return f"{self.event_name} to {self.webhook.host}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("webhooks_ui:delivery_detail", args=[self.webhook_id, self.pk])

    @property
    def is_test(self) -> bool:
        """Was it sent by the test button?"""
        return self.event_id is None

    @property
    def is_in_flight(self) -> bool:
        """Has a worker taken it and not yet said what came of it?"""
        return self.status == self.Status.PENDING and bool(self.claim_token)

    @property
    def body(self) -> bytes:
        """Return the payload as bytes: SQLite and PostgreSQL hand over other types."""
        return bytes(self.payload)


class DeliveryAttempt(models.Model):
    """One HTTP request of a delivery and what came back."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000, help_text="Where it was sent then.")
    request_headers = models.JSONField(
        default=dict, help_text="As sent, credentials left out."
    )
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.TextField(
        blank=True, default="", help_text="Begin of the answer, at most 4 KiB."
    )
    error = models.TextField(
        blank=True, default="", help_text="What went wrong, in words; else empty."
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"],
                name="one_attempt_per_delivery_and_number",
            )
        ]

    def __str__(self) -> str:
        """Return number and outcome: `attempt 2: 503`."""
        return f"attempt {self.number}: {self.status_code or self.error}"

    @property
    def has_succeeded(self) -> bool:
        """Did the receiver accept it?"""
        return self.status_code is not None and is_success(self.status_code)


def is_success(status_code: int) -> bool:
    """Does the status say that the receiver has taken the event?"""
    return 200 <= status_code <= 299  # noqa: PLR2004 - the 2xx class
