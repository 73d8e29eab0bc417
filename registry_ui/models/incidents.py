"""Who held which target from when to when; and changes of holders nobody decided."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse

from registry_ui.models.access import readable
from registry_ui.models.mirror import (
    ModelVersion,
    RegisteredModel,
)
from registry_ui.models.requests import (
    ALIAS_PREFIX,
    STAGE_PREFIX,
    TransitionRequest,
)

if TYPE_CHECKING:
    from datetime import datetime


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Finds incidents."""

    def open(self) -> IncidentQuerySet:
        """Keep those that nobody has answered."""
        return self.filter(status=Incident.Status.OPEN)

    def visible_to(self, user: User) -> IncidentQuerySet:
        """Keep those of models that the user may read."""
        return self.filter(readable("model", user))


class Incident(models.Model):
    """What was changed in a model's holders in MLflow without a decision of ours.

    One row gathers all of it on one model until it is answered. `effects` are the net
    changes that still stand, as `planning.Effect`.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    class Resolution(models.TextChoices):
        REVERTED = "reverted", "Reverted"
        ACCEPTED = "accepted", "Accepted"
        DECIDED = "decided", "Decided"
        UNDONE = "undone", "Undone in MLflow"

    number = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="incidents"
    )
    effects = models.JSONField(help_text="Net changes that still stand.")
    clue = models.TextField(
        blank=True, default="", help_text="What MLflow can tell of it, which is little."
    )
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="Start of the last sync that did not see it."
    )
    seen_at = models.DateTimeField(help_text="Start of the sync that saw it first.")
    changed_at = models.DateTimeField(help_text="Start of the sync that last added.")
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.OPEN, db_index=True
    )
    resolution = models.CharField(
        max_length=16, choices=Resolution.choices, blank=True, default=""
    )
    resolved_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resolved_incidents",
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(status="open"),
                name="one_open_incident_per_model",
            )
        ]

    def __str__(self) -> str:
        """Return a phrase: `incident 3 on churn`."""
        return f"incident {self.number} on {self.model.name}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("registry_ui:incident_detail", args=[self.number])

    @property
    def is_open(self) -> bool:
        """Does it wait for an answer?"""
        return self.status == self.Status.OPEN

    @property
    def digest(self) -> str:
        """Return 16 hex digits that change with the effects: what an answer saw."""
        text = json.dumps(self.effects, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def answer(self) -> str:
        """Return what became of it: `accepted by Rui Tanaka on 5 Jan 2026`."""
        words = self.get_resolution_display().lower()
        by = self.resolved_by
        who = f" by {by.get_full_name() or by.get_username()}" if by else ""
        when = f" on {self.resolved_at:%d %b %Y, %H:%M} UTC" if self.resolved_at else ""
        return f"{words}{who}{when}"


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Finds holdings."""

    def current(self) -> HoldingQuerySet:
        """Keep those that have not ended."""
        return self.filter(ended_at=None)

    def at(self, instant: datetime) -> HoldingQuerySet:
        """Keep those that held at an instant."""
        not_ended = Q(ended_at=None) | Q(ended_at__gt=instant)
        return self.filter(not_ended, started_at__lte=instant)


class Holding(models.Model):
    """That a version was in a target, from when to when and through what.

    Through a request, through an incident (nobody decided it), or, with neither,
    *inferred*: it was so when Signoff first looked, and `started_at` is the earliest
    instant that MLflow vouches for. With an incident the change lies between
    `started_not_before` and `started_at`; likewise for the end.
    """

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="holdings"
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="holdings"
    )
    target = models.CharField(max_length=270)
    started_at = models.DateTimeField()
    started_not_before = models.DateTimeField(null=True, blank=True)
    started_request = models.ForeignKey(
        TransitionRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="started_holdings",
    )
    started_incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="started_holdings",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_not_before = models.DateTimeField(null=True, blank=True)
    ended_request = models.ForeignKey(
        TransitionRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ended_holdings",
    )
    ended_incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ended_holdings",
    )

    objects = HoldingQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(
                "model",
                Upper("target"),
                models.F("ended_at").desc(),
                models.F("started_at").desc(),
                name="holdings_by_target",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "target"],
                condition=Q(ended_at=None),
                name="one_current_holding_per_version_and_target",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at")),
                name="holding_ends_after_it_started",
            ),
        ]

    def __str__(self) -> str:
        """Return a phrase: `churn v5 in stage:Production`."""
        return f"{self.version} in {self.target}"

    @property
    def stage(self) -> str:
        """Return the stage; empty where it is about an alias."""
        is_stage = self.target.startswith(STAGE_PREFIX)
        return self.target.removeprefix(STAGE_PREFIX) if is_stage else ""

    @property
    def alias(self) -> str:
        """Return the alias; empty where it is about a stage."""
        is_alias = self.target.startswith(ALIAS_PREFIX)
        return self.target.removeprefix(ALIAS_PREFIX) if is_alias else ""

    @property
    def target_label(self) -> str:
        """Return the target as people say it: `Production`, `@champion`."""
        return self.stage or f"@{self.alias}"

    @property
    def is_inferred(self) -> bool:
        """Was it so when Signoff first looked?"""
        return self.started_request_id is None and self.started_incident_id is None
