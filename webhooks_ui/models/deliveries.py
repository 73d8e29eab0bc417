"""Deliveries: the outbox, the queue, the lease and the ledger in one table.

A row is written in the transaction of the event. `due_at` says when it may be sent;
a worker that claims a row moves `due_at` behind its lease, so a row whose worker died
is due again by itself.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection, models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone

from registry_ui.models import AuditEvent
from webhooks_ui.models.event_names import event_choices
from webhooks_ui.models.webhooks import PayloadFormat, Webhook

JOB_LOOKUP_PATH = "/api/2.1/jobs/get?job_id="


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
        return self.pending().filter(due_at__lte=now).order_by("due_at", "id")

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
        return self.exclude(event=None).filter(
            ~Q(status=Delivery.Status.PENDING) | Q(claim_token="") | Q(due_at__lte=now)
        )

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

    @property
    def is_test(self) -> bool:
        """Was it sent by the test button?"""
        return self.event_id is None

    @property
    def is_in_flight(self) -> bool:
        """Has a worker taken it and not yet said what came of it?"""
        return self.status == self.Status.PENDING and bool(self.claim_token)

    @property
    def next_try_at(self) -> datetime | None:
        """Return the earliest moment of its next attempt; past once it is due.

        None where no moment is known: it has ended, is being sent, or its webhook
        sends nothing.
        """
        is_waiting = self.status == self.Status.PENDING and not self.claim_token
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


class DeliveryAttemptQuerySet(models.QuerySet["DeliveryAttempt"]):
    """Stores attempts."""

    def insert(self, attempts: Sequence[DeliveryAttempt]) -> None:
        """Store many new ones, which do not learn their ids, in one statement.

        To quote each value of each row took a quarter of the time of a delivery, its
        HTTP included; this takes a twentieth.
        """
        fields = [one for one in self.model._meta.concrete_fields if one.name != "id"]
        names = [one.attname for one in fields]
        rows = [[_stored(getattr(one, name)) for name in names] for one in attempts]
        quoted = connection.ops.quote_name
        columns = ", ".join(quoted(str(field.column)) for field in fields)
        into = f"{quoted(self.model._meta.db_table)} ({columns})"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                copying = cursor.copy(f"COPY {into} FROM STDIN")
                with connection.wrap_database_errors, copying as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                values = [f"json_extract(value, '$[{n}]')" for n in range(len(fields))]
                select = f"SELECT {', '.join(values)} FROM json_each(%s)"  # noqa: S608 - no text of others
                cursor.execute(f"INSERT INTO {into} {select}", [json.dumps(rows)])


def _stored(value: object) -> object:
    """Return a value as the driver of the database takes it."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


class DeliveryAttempt(models.Model):
    """One HTTP request of a delivery and what came back."""

    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.CASCADE,
        related_name="attempts",
        db_index=False,  # `one_attempt_per_delivery_and_number` begins with it
    )
    webhook = models.ForeignKey(
        Webhook,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,  # `attempt_by_time` begins with it
        db_constraint=False,  # that of the delivery says as much, at half the cost
        help_text="The delivery's; here, so that its health is read off one index.",
    )
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    triggered_by = models.CharField(
        max_length=KEPT_NAME,
        blank=True,
        default="",
        help_text="User name of who had it sent; empty where nobody did.",
    )
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000, help_text="Where it was sent then.")
    request_headers = models.JSONField(
        default=dict, help_text="As sent, credentials left out."
    )
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    request_body = models.TextField(
        blank=True, default="", help_text="As sent, where it is not the payload."
    )
    response_headers = models.JSONField(default=dict, help_text="Some of them.")
    response_body = models.TextField(
        blank=True, default="", help_text="Begin of the answer, at most 4 KiB."
    )
    error = models.TextField(
        blank=True, default="", help_text="What went wrong, in words; else empty."
    )

    objects = DeliveryAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"],
                name="one_attempt_per_delivery_and_number",
            )
        ]
        indexes = [
            # All that charts count; no row is read for them.
            models.Index(
                fields=[
                    "webhook",
                    "started_at",
                    "trigger",
                    "status_code",
                    "duration_ms",
                ],
                name="attempt_by_time",
            )
        ]

    def __str__(self) -> str:
        """Return number and outcome: `attempt 2: 503`."""
        return f"attempt {self.number}: {self.status_code or self.error}"

    @property
    def has_succeeded(self) -> bool:
        """Did the receiver accept it?"""
        return self.status_code is not None and is_success(self.status_code)

    @property
    def method(self) -> str:
        """Return the HTTP method: GET where a job was looked up, and no more."""
        return "GET" if JOB_LOOKUP_PATH in self.url else "POST"

    @property
    def run_id(self) -> int | None:
        """Return the id of the job's run that was started; None where none was."""
        if not (self.request_body and self.has_succeeded):
            return None
        try:
            answer = json.loads(self.response_body)
        except (ValueError, RecursionError):
            return None
        run_id = answer.get("run_id") if isinstance(answer, dict) else None
        return run_id if type(run_id) is int else None


def is_success(status_code: int) -> bool:
    """Does the status say that the receiver has taken the event?"""
    return 200 <= status_code <= 299  # noqa: PLR2004 - the 2xx class
