"""Attempts: the HTTP requests of deliveries with their answers, never changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, TypedDict

from django.db import connection, models

from webhooks_ui.models.deliveries import KEPT_NAME, Delivery, Trigger
from webhooks_ui.models.webhooks import Webhook

JOB_LOOKUP_PATH = "/api/2.1/jobs/get?job_id="


class NewAttempt(TypedDict):
    """All columns of a `DeliveryAttempt` but its id; to make the object costs more."""

    delivery_id: str
    webhook_id: str
    number: int
    trigger: str
    triggered_by: str
    started_at: datetime
    duration_ms: int
    url: str
    request_headers: dict[str, Any]
    status_code: int | None
    request_body: str
    response_headers: dict[str, Any]
    response_body: str
    error: str


class DeliveryAttemptQuerySet(models.QuerySet["DeliveryAttempt"]):
    """Stores attempts."""

    def insert(self, attempts: Sequence[NewAttempt]) -> None:
        """Store many in one statement.

        To quote each value of each row took a quarter of the time of a delivery, its
        HTTP included; this takes a twentieth.
        """
        names = list(NewAttempt.__annotations__)
        quoted = connection.ops.quote_name
        columns = ", ".join(map(quoted, names))
        into = f"{quoted(self.model._meta.db_table)} ({columns})"
        as_stored = connection.ops.adapt_datetimefield_value
        values_of = itemgetter(*names)
        rows = [
            values_of(
                one
                | {
                    "started_at": as_stored(one["started_at"]),
                    "request_headers": json.dumps(one["request_headers"]),
                    "response_headers": json.dumps(one["response_headers"]),
                }
            )
            for one in attempts
        ]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                copying = cursor.copy(f"COPY {into} FROM STDIN")
                with connection.wrap_database_errors, copying as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                values = [f"json_extract(value, '$[{n}]')" for n in range(len(names))]
                select = f"SELECT {', '.join(values)} FROM json_each(%s)"  # noqa: S608 - no text of others
                cursor.execute(f"INSERT INTO {into} {select}", [json.dumps(rows)])


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
