"""The mirror: what MLflow's registry held when we last looked."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.urls import reverse

from registry_ui.models.access import readable
from registry_ui.models.prepared import PreparedRow
from registry_ui.models.text import CodePoints, Head, NameOrder

if TYPE_CHECKING:
    from datetime import datetime

    from registry_ui.models.requests import TransitionRequest

NAME_LENGTH = 256  # MLflow's column
MODELS_SHARE = 0.09
VERSIONS_SHARE = 0.08
"""The most of MLflow's time that the two kinds of sweeps take, as fractions of 1."""
TAG_KEY_LENGTH = 250
METRIC_KEY_LENGTH = 250  # MLflow's column


class Stage(models.TextChoices):
    """MLflow's four stages, in MLflow's spelling."""

    NONE = "None", "None"
    STAGING = "Staging", "Staging"
    PRODUCTION = "Production", "Production"
    ARCHIVED = "Archived", "Archived"


@lru_cache(maxsize=4096)
def _model_url(name: str) -> str:
    """Return the address of a model's page; a list asks for very many of them."""
    return reverse("registry_ui:model_detail", args=[name])


class RegisteredModelQuerySet(models.QuerySet["RegisteredModel"]):
    """Finds registered models."""

    def live(self) -> RegisteredModelQuerySet:
        """Leave out what MLflow has no longer, and what a tag hides as a prompt."""
        return self.filter(deleted_at=None)

    def in_mlflow(self) -> RegisteredModelQuerySet:
        """Leave out what MLflow has no longer; what a tag hides is there still."""
        return self.filter(Q(deleted_at=None) | Q(is_prompt=True))

    def visible_to(self, user: User | AnonymousUser) -> RegisteredModelQuerySet:
        """Keep what the user may read: any level on the model, or registry-wide."""
        return self.filter(readable("pk", user))


class RegisteredModel(models.Model):
    """A registered model; one row a life, so a re-created one gets a new row."""

    workspace = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(db_index=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    is_prompt = models.BooleanField(
        default=False,
        help_text="A tag made it a prompt, which hides it; it then counts as gone.",
    )
    written_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When we last wrote to MLflow; an older sweep knows nothing of it.",
    )
    writing_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="While we write to MLflow: until when a sweep leaves it alone.",
    )
    closed_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="While we rename or delete: until when no plan for it is begun.",
    )

    headline_metric = models.CharField(
        max_length=METRIC_KEY_LENGTH,
        blank=True,
        default="",
        help_text="The metric that speaks for a version; empty to have it inferred.",
    )
    metric_directions = models.JSONField(
        default=dict,
        blank=True,
        help_text='What people said of metrics: "higher", "lower" or "unknown".',
    )

    objects = RegisteredModelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(deleted_at=None),
                name="one_live_model_per_name",
            )
        ]
        indexes = [
            models.Index(fields=["name"], name="models_by_name"),
            models.Index(
                NameOrder("name"),
                CodePoints("name"),
                condition=Q(deleted_at=None),
                name="live_models_in_name_order",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return _model_url(self.name)

    @property
    def is_live(self) -> bool:
        """Is the model still in MLflow, as far as we know, and no prompt?"""
        return self.deleted_at is None

    @property
    def is_in_mlflow(self) -> bool:
        """Is the model still in MLflow, as far as we know, be it hidden by a tag?"""
        return self.is_live or self.is_prompt

    def is_closed(self, now: datetime) -> bool:
        """Is the model being renamed or deleted through us, so that nobody moves it?"""
        return self.closed_until is not None and self.closed_until > now


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    """Finds model versions."""

    def live(self) -> ModelVersionQuerySet:
        """Leave out what MLflow has no longer, and what a tag hides as a prompt."""
        return self.filter(deleted_at=None, model__deleted_at=None)

    def in_mlflow(self) -> ModelVersionQuerySet:
        """Leave out what MLflow has no longer; what a tag hides is there still."""
        there = Q(model__deleted_at=None) | Q(model__is_prompt=True)
        return self.filter(there, deleted_at=None)

    def visible_to(self, user: User | AnonymousUser) -> ModelVersionQuerySet:
        """Keep versions of the models that the user may read."""
        return self.filter(readable("model", user))

    def with_evidence(self) -> ModelVersionQuerySet:
        """Fetch all that is known of versions, in a fixed number of queries."""
        versions = self.select_related("model", "evidence")
        return versions.prefetch_related("tags", "aliases")


class ModelVersion(models.Model):
    """A model version, with what MLflow's registry says of it."""

    model = models.ForeignKey(
        RegisteredModel,
        on_delete=models.PROTECT,
        db_index=False,  # the unique constraint has an index that begins with it
        related_name="versions",
    )
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    stage = models.CharField(
        max_length=16, choices=Stage.choices, default=Stage.NONE, db_index=True
    )
    description = models.TextField(blank=True, default="")
    source = models.TextField(blank=True, default="")
    run_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    run_link = models.TextField(blank=True, default="")
    status = models.CharField(max_length=32, default="READY")
    status_message = models.TextField(blank=True, default="")
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], name="one_row_per_model_and_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["model", "stage", "-number"],
                condition=Q(deleted_at=None),
                name="live_versions_by_stage",
            ),
            models.Index(
                fields=["model"],
                condition=Q(deleted_at__isnull=False),
                name="models_with_gone_versions",
            ),
        ]

    if TYPE_CHECKING:
        transition_requests: models.Manager[TransitionRequest]

    def __str__(self) -> str:
        """Return what people call it: `churn v7`."""
        return f"{self.model.name} v{self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse(
            "registry_ui:version_detail", args=[self.model.name, self.number]
        )

    @property
    def is_live(self) -> bool:
        """Is the version still in MLflow, as far as we know?"""
        return self.deleted_at is None and self.model.deleted_at is None

    @property
    def compare_key(self) -> str:
        """Return how addresses of comparisons name it: `churn/7`."""
        return f"{self.model.name}/{self.number}"


class ModelTag(models.Model):
    """A tag of a registered model."""

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="tags"
    )
    key = models.CharField(max_length=TAG_KEY_LENGTH)
    value = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "key"], name="one_value_per_model_and_tag_key"
            )
        ]
        indexes = [models.Index("key", Head("value"), "model", name="models_by_tag")]

    def __str__(self) -> str:
        """Return `key: value`."""
        return f"{self.key}: {self.value}"


class VersionTag(models.Model):
    """A tag of a model version."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="tags"
    )
    model = models.ForeignKey(
        RegisteredModel,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="+",
        help_text="The version's model: finding models by tag needs no join.",
    )
    key = models.CharField(max_length=TAG_KEY_LENGTH)
    value = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key"], name="one_value_per_version_and_tag_key"
            )
        ]
        indexes = [
            models.Index("key", Head("value"), "model", name="models_by_version_tag")
        ]

    def __str__(self) -> str:
        """Return `key: value`."""
        return f"{self.key}: {self.value}"


class Alias(models.Model):
    """An alias of a model and the version it points to."""

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="aliases"
    )
    name = models.CharField(max_length=255)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="aliases"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "name"], name="one_holder_per_model_and_alias"
            )
        ]

    def __str__(self) -> str:
        """Return `@champion`."""
        return f"@{self.name}"


class MirrorState(models.Model):
    """The one row that says how old the mirror is and who is renewing it."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    synced_at = models.DateTimeField(
        null=True, blank=True, help_text="The holders shown were true at this instant."
    )
    polled_at = models.DateTimeField(null=True, blank=True)
    models_swept_at = models.DateTimeField(null=True, blank=True)
    versions_swept_at = models.DateTimeField(null=True, blank=True)
    poll_due_at = models.DateTimeField(null=True, blank=True)
    models_due_at = models.DateTimeField(null=True, blank=True)
    versions_due_at = models.DateTimeField(null=True, blank=True)
    models_seconds = models.FloatField(
        default=0, help_text="What the last sweep of the models cost MLflow."
    )
    versions_seconds = models.FloatField(default=0)
    newest_update_at = models.DateTimeField(
        null=True, blank=True, help_text="By MLflow's clock: the newest change seen."
    )
    phase = models.CharField(
        max_length=16, blank=True, default="", help_text="What is being read just now."
    )
    phase_count = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    lease_token = models.CharField(max_length=64, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mirror_state_is_one_row")
        ]

    def __str__(self) -> str:
        """Return the time of the last sweep."""
        return f"mirror of {self.synced_at}"

    @classmethod
    def load(cls) -> MirrorState:
        """Return the row; one that was never saved before the first sync."""
        return _state() or cls()

    @property
    def promise_seconds(self) -> float:
        """Return how old the holders that we show may get.

        It stretches with what sweeps cost MLflow, since they space themselves by that;
        a sweep of the versions holds up the next look at the holders.
        """
        spacing = 1.5 * self.models_seconds / MODELS_SHARE
        held_up = 1.5 * self.versions_seconds
        longest = max(settings.SWEEP_SECONDS, spacing) + held_up
        return float(settings.SYNC_SECONDS + longest)

    def is_being_read(self, now: datetime) -> bool:
        """Is a sync under way? One that died counts until its lease runs out."""
        return self.lease_expires_at is not None and self.lease_expires_at > now

    def why_stale(self, now: datetime) -> str:
        """Say why nobody should decide on what is shown; empty while it is fresh."""
        if not self.is_stale(now):
            return ""
        if self.synced_at is None:
            return "The registry was never read whole; a sync must finish first."
        since = f"What is shown is of {self.synced_at:%d %b %Y, %H:%M:%S} UTC"
        if self.failing_since is None:
            return f"{since}: no worker has synced since. It must be renewed first."
        return (
            f"{since}: since {self.failing_since:%H:%M:%S} UTC MLflow cannot be read"
            f" ({self.error.rstrip('.')}). It must be renewed first."
        )

    def is_stale(self, now: datetime) -> bool:
        """Are the holders that we show older than promised?"""
        if self.synced_at is None:
            return True
        return (now - self.synced_at).total_seconds() > self.promise_seconds


_state = PreparedRow(MirrorState, lambda: Q(id=MirrorState.ONLY))
