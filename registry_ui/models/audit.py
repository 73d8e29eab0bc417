"""The audit log: append-only, hash-chained, the hub all else is fed from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, models

from registry_ui.models.prepared import (
    PreparedInsert,
    PreparedLookup,
    run_planned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

GENESIS = "0" * 64
_DOMAIN = b"\x00"
_LOCK = "SELECT * FROM registry_ui_lock_end_of_chain()"


def chain_hash(previous_hash: str, body: str) -> str:
    """Return the hash that seals a row, as 64 hex digits.

    SHA-256 over a domain byte, the previous row's hash (hex text) and the exact body.
    """
    sealed = _DOMAIN + previous_hash.encode() + body.encode()
    return hashlib.sha256(sealed).hexdigest()


class AuditBody(NamedTuple):
    """An event before it has its place in the chain.

    Attributes:
        body: what is hashed, but for the position.
        columns: parts of it to search by.
    """

    body: dict[str, Any]
    columns: dict[str, Any]


class AuditEventManager(models.Manager["AuditEvent"]):
    """Appends to the chain."""

    def append(self, bodies: Iterable[AuditBody]) -> list[AuditEvent]:
        """Add rows at the end of the chain; call it inside a transaction.

        The position is taken under a lock that holds until the transaction ends:
        sequence numbers are given out in another order than transactions commit.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("An audit event belongs in the change's transaction.")
        ((last, previous_hash),) = _locked_end() or [(0, GENESIS)]
        events: list[AuditEvent] = []
        for position, (body, columns) in enumerate(bodies, start=last + 1):
            text = json.dumps(
                {"position": position, **body},
                sort_keys=True,
                separators=(",", ":"),
                ensure_ascii=False,
                allow_nan=False,
            )
            event = AuditEvent(
                position=position,
                previous_hash=previous_hash,
                body=text,
                hash=chain_hash(previous_hash, text),
                **columns,
            )
            events.append(event)
            previous_hash = event.hash
        _insert(*events)
        return events


class AuditEvent(models.Model):
    """One change; written once by `events.record_event`, never changed or deleted.

    `body` holds the exact text that was hashed, as canonical JSON: position, type,
    recorded_at, actor, subject and details. The other columns repeat parts of it, to
    search by; they are names and numbers, not foreign keys, so the record outlives
    what it speaks of.
    """

    position = models.PositiveBigIntegerField(primary_key=True)
    type = models.CharField(max_length=64, db_index=True)
    recorded_at = models.DateTimeField(db_index=True)
    actor_name = models.CharField(max_length=150, blank=True, default="", db_index=True)
    model_pk = models.PositiveBigIntegerField(null=True, db_index=True)
    model_name = models.CharField(max_length=256, blank=True, default="")
    version_number = models.PositiveIntegerField(null=True)
    request_number = models.PositiveBigIntegerField(null=True, db_index=True)
    body = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = AuditEventManager()

    class Meta:
        ordering = ["-position"]
        constraints = [
            models.UniqueConstraint(
                fields=["previous_hash"], name="the_chain_never_forks"
            )
        ]

    def __str__(self) -> str:
        """Return position and type."""
        return f"{self.position} {self.type}"

    @property
    def details(self) -> dict[str, Any]:
        """Return what the event says beyond who, when and about what."""
        details: dict[str, Any] = json.loads(self.body).get("details", {})
        return details

    @property
    def actor_id(self) -> int | None:
        """Return the primary key of who did it; they may be gone by now."""
        actor: int | None = json.loads(self.body).get("actor_id")
        return actor


def _locked_end() -> list[Any]:
    """Return position and hash of the last row, with the lock of the chain taken.

    On PostgreSQL a function does both (migration 0031): it locks, and looks after that.
    SQLite has a single writer anyway.
    """
    if connection.vendor != "postgresql":
        return _end_of_chain()
    rows: list[Any] = run_planned(_LOCK).fetchall()
    return rows


_end_of_chain = PreparedLookup(
    lambda: AuditEvent.objects.order_by("-position").values_list("position", "hash")[:1]
)
_insert = PreparedInsert(AuditEvent)
