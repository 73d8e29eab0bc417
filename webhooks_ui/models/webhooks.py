"""Subscriptions: who wants to be told what, and how to reach them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from registry_ui.models import Level, ModelPermission, RegisteredModel, registry_level
from registry_ui.models.encryption import decrypt, encrypt
from webhooks_ui.models.event_names import REGISTRY_WIDE_ONLY, EventName

if TYPE_CHECKING:
    from datetime import datetime

    from webhooks_ui.models.secrets import WebhookSecret

URL_LENGTH = 2000
DESCRIPTION_LENGTH = 1000
CREDENTIAL_LENGTH = 1000
JOB_ID_DIGITS = 19  # of a signed 64-bit number
MOST_PER_MINUTE = 60_000


class PayloadFormat(models.TextChoices):
    """In which form a webhook is told."""

    DATABRICKS = "databricks", "Databricks' JSON"
    CLOUDEVENTS = "cloudevents", "CloudEvents 1.0"


class ParameterForm(models.TextChoices):
    """How a Databricks job takes the event, which depends on the kind of its tasks.

    Source: Databricks, "Workspace Model Registry webhooks", job payloads.
    """

    NAMED = "named", "Notebook or Python wheel"
    LISTED = "listed", "Python script, JAR or spark-submit"
    NONE = "none", "Of another kind: it is not told the event"
    ALL = "all", "Several tasks"


def new_webhook_id() -> str:
    """Return 32 hex digits, the form of Databricks' webhook ids."""
    return uuid.uuid4().hex


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Finds webhooks."""

    def manageable_by(self, user: User) -> WebhookQuerySet:
        """Keep those the user may see and change.

        Registry-wide ones are for administrators; a model's are for whoever holds
        Can Manage on it. The same rule as `may_manage_webhooks`, as a query.
        """
        if user.is_superuser:
            return self
        if registry_level(user) == Level.CAN_MANAGE:
            return self.exclude(model=None)
        grants = ModelPermission.objects.held_by(user).filter(level=Level.CAN_MANAGE)
        return self.filter(model__in=grants.values("model"))

    def of_model(self, model: RegisteredModel) -> WebhookQuerySet:
        """Keep those that are bound to this model alone."""
        return self.filter(model=model)

    def locked(self, pk: str) -> Webhook:
        """Read one under a row lock, with its model; call it in a transaction.

        `no_key`: whoever stores a delivery for it holds the chain of events; they must
        not wait for one who waits for the chain.
        """
        locking = self.select_for_update(of=("self",), no_key=True)
        return locking.select_related("model").get(pk=pk)

    def open_for_sending(self, now: datetime) -> WebhookQuerySet:
        """Keep those that may be called now: active, not paused, not held back."""
        return self.filter(
            Q(held_until=None) | Q(held_until__lte=now),
            Q(next_slot_at=None) | Q(next_slot_at__lte=now),
            status=Webhook.Status.ACTIVE,
            paused_at=None,
        )

    def told_of(self, model_pk: int | None) -> WebhookQuerySet:
        """Keep the active ones that hear of events about this model, paused or not."""
        return self.filter(hears_of(model_pk))


def hears_of(model_pk: int | None) -> Q:
    """Return the condition for webhooks that hear of events about this model."""
    return Q(Q(model=None) | Q(model=model_pk), status=Webhook.Status.ACTIVE)


class Webhook(models.Model):
    """A subscription of one receiver to events of one model or of the registry."""

    class Kind(models.TextChoices):
        HTTP = "HTTP", "HTTP endpoint"
        JOB = "JOB", "Databricks job"

    class Status(models.TextChoices):
        TEST_MODE = "TEST_MODE", "Test mode"
        ACTIVE = "ACTIVE", "Active"
        DISABLED = "DISABLED", "Disabled"

    id = models.CharField(
        primary_key=True, max_length=32, default=new_webhook_id, editable=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.HTTP)
    model = models.ForeignKey(
        RegisteredModel,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhooks",
        help_text="Empty: events of the whole registry.",
    )
    url = models.CharField(max_length=URL_LENGTH, blank=True, default="")
    events = models.JSONField(help_text="Event names; at least one.")
    payload_format = models.CharField(
        max_length=16,
        choices=PayloadFormat.choices,
        default=PayloadFormat.DATABRICKS,
        help_text="Of what happens from now on; what is stored keeps its form.",
    )
    description = models.CharField(
        max_length=DESCRIPTION_LENGTH, blank=True, default=""
    )
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.TEST_MODE
    )
    disabled_reason = models.TextField(
        blank=True, default="", help_text="Why it was disabled other than by a person."
    )
    enable_ssl_verification = models.BooleanField(default=True)
    encrypted_authorization = models.TextField(blank=True, default="", editable=False)
    job_id = models.CharField(max_length=JOB_ID_DIGITS, blank=True, default="")
    workspace_url = models.CharField(
        max_length=URL_LENGTH,
        blank=True,
        default="",
        help_text="Scheme and host of the Databricks workspace that has the job.",
    )
    encrypted_access_token = models.TextField(blank=True, default="", editable=False)
    parameter_form = models.CharField(
        max_length=16,
        choices=ParameterForm.choices,
        blank=True,
        default="",
        help_text="As last looked up in the workspace; empty: not yet.",
    )
    parameter_form_read_at = models.DateTimeField(
        null=True, blank=True, help_text="When that was; empty: look it up again."
    )
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="First failure since the last success."
    )
    failure_warned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its owners were warned of the failure."
    )
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is sent before: its receiver fails."
    )
    held_reason = models.TextField(
        blank=True, default="", help_text="Why it is held back, in words."
    )
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nothing is sent, only stored."
    )
    pause_reason = models.TextField(blank=True, default="")
    in_order = models.BooleanField(
        default=False, help_text="One delivery at a time, in the order of the events."
    )
    max_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Deliveries sent in a minute; empty: any."
    )
    next_slot_at = models.DateTimeField(
        null=True, blank=True, help_text="When the rate lets the next one be sent."
    )
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="webhooks"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="HTTP") & ~Q(url="") | Q(kind="JOB"),
                name="http_webhook_has_an_address",
            ),
            models.CheckConstraint(
                condition=Q(kind="HTTP")
                | Q(kind="JOB", url="")
                & ~Q(job_id="")
                & ~Q(workspace_url="")
                & ~Q(encrypted_access_token=""),
                name="job_webhook_has_job_workspace_and_token",
            ),
            models.CheckConstraint(
                condition=Q(kind="JOB")
                | Q(job_id="", workspace_url="", encrypted_access_token=""),
                name="http_webhook_has_no_job",
            ),
            models.CheckConstraint(
                condition=~Q(events=[]), name="webhook_has_an_event"
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | Q(status="ACTIVE"),
                name="only_an_active_webhook_is_paused",
            ),
            models.CheckConstraint(
                condition=Q(max_per_minute=None) | Q(max_per_minute__gte=1),
                name="a_rate_is_at_least_one_a_minute",
            ),
        ]

    def __str__(self) -> str:
        """Return scope and receiver: `churn → hooks.example.com`."""
        return f"{self.scope_label} → {self.receiver_label}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("webhooks_ui:webhook_detail", args=[self.pk])

    @property
    def scope_label(self) -> str:
        """Return the model's name, or that it hears of all models."""
        if self.model is None:
            return "All models"
        return f"{self.model.name}{'' if self.model.is_live else ' (deleted)'}"

    @property
    def host(self) -> str:
        """Return host and port of the receiver: a path may hold a token."""
        url = self.workspace_url if self.is_job else self.url
        return url.partition("://")[2].partition("/")[0].partition("?")[0]

    @property
    def receiver_label(self) -> str:
        """Return who is told: `hooks.example.com`, `job 123 at dbc.example.com`."""
        return f"job {self.job_id} at {self.host}" if self.is_job else self.host

    @property
    def is_job(self) -> bool:
        """Does it start a Databricks job?"""
        return self.kind == self.Kind.JOB

    @property
    def is_active(self) -> bool:
        """Does it hear of real events?"""
        return self.status == self.Status.ACTIVE

    @property
    def is_paused(self) -> bool:
        """Does it hear of events that are stored, and not sent?"""
        return self.paused_at is not None

    @property
    def is_sending(self) -> bool:
        """Is what it hears of sent?"""
        return self.is_active and not self.is_paused

    @property
    def is_held(self) -> bool:
        """Is it left alone for a while, since its receiver fails or asked for it?"""
        return self.held_until is not None and self.held_until > timezone.now()

    @property
    def sends_in_turn(self) -> bool:
        """Does what is due wait for others: an order, a rate, or a trial call?"""
        return self.in_order or bool(self.max_per_minute or self.failing_since)

    def start_afresh(self) -> list[str]:
        """Forget that it failed, was held back or paused; the caller saves it.

        Returns:
            The fields that may have changed.
        """
        self.failing_since = self.failure_warned_at = None
        self.held_until = self.paused_at = None
        self.held_reason = self.pause_reason = ""
        return [
            "failing_since",
            "failure_warned_at",
            "held_until",
            "held_reason",
            "paused_at",
            "pause_reason",
        ]

    @property
    def event_labels(self) -> list[str]:
        """Return the events in plain words, in the order of the catalogue."""
        return [name.label for name in EventName if name in self.events]

    def secrets_in_force(self, now: datetime | None = None) -> list[WebhookSecret]:
        """Return the secrets that sign, the newest first; read once if prefetched."""
        now = now or timezone.now()
        return [secret for secret in self.secrets.all() if secret.is_in_force(now)]

    @property
    def has_secret(self) -> bool:
        """Is what it sends signed?"""
        return bool(self.secrets_in_force())

    @property
    def secret(self) -> str:
        """Return the newest signing secret; empty where none is set.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        in_force = self.secrets_in_force()
        return in_force[0].value if in_force else ""

    @property
    def has_authorization(self) -> bool:
        """Is an Authorization header sent?"""
        return bool(self.encrypted_authorization)

    @property
    def authorization(self) -> str:
        """Return the value of the Authorization header; empty where none is set.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        return self._read("authorization", self.encrypted_authorization)

    @authorization.setter
    def authorization(self, plain: str) -> None:
        self.encrypted_authorization = self._seal("authorization", plain)

    @property
    def access_token(self) -> str:
        """Return the token for the workspace of its job; empty where none is set.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        return self._read("access_token", self.encrypted_access_token)

    @access_token.setter
    def access_token(self, plain: str) -> None:
        self.encrypted_access_token = self._seal("access_token", plain)

    def wants(self, name: str) -> bool:
        """Is it subscribed to the event, and may it be by its scope?"""
        return name in self.events and not (
            self.model_id and name in REGISTRY_WIDE_ONLY
        )

    def _place(self, field: str) -> str:
        return f"webhook:{self.pk}:{field}"

    def _read(self, field: str, stored: str) -> str:
        return decrypt(stored, place=self._place(field)) if stored else ""

    def _seal(self, field: str, plain: str) -> str:
        return encrypt(plain, place=self._place(field)) if plain else ""
