"""Evidence: what MLflow's runs and files say of the versions in the mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from registry_ui.models.mirror import METRIC_KEY_LENGTH, ModelVersion

if TYPE_CHECKING:
    from datetime import datetime, timedelta


_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Evidence(models.Model):
    """What a decision on a version rests on: its run and the files of its model.

    The two parts are read apart. Of each, `…_read_at` says when it was last asked for,
    whatever the answer (None: not yet), `…_due_at` when to read it (again) by itself
    (None: never), and `…_error` why it could not be read; empty otherwise.

    `metrics` maps names to numbers, or to "NaN", "Infinity", "-Infinity", since JSON
    columns take no such numbers. `datasets` is a list of {name, digest, context}.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, related_name="evidence"
    )
    wished_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody asked for both parts again; until they are read.",
    )

    run_read_at = models.DateTimeField(null=True, blank=True)
    run_due_at = models.DateTimeField(null=True, blank=True)
    run_error = models.TextField(blank=True, default="")
    run_name = models.TextField(blank=True, default="")
    run_user = models.TextField(blank=True, default="")
    run_status = models.CharField(max_length=32, blank=True, default="")
    experiment_id = models.CharField(max_length=64, blank=True, default="")
    metrics = models.JSONField(default=dict, blank=True)
    params = models.JSONField(default=dict, blank=True)
    run_tags = models.JSONField(default=dict, blank=True)
    datasets = models.JSONField(default=list, blank=True)

    model_read_at = models.DateTimeField(null=True, blank=True)
    model_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Before the first reading: when the version was registered.",
    )
    model_error = models.TextField(blank=True, default="")
    signature = models.JSONField(null=True, blank=True, default=None)
    flavors = models.JSONField(default=dict, blank=True)
    model_metadata = models.JSONField(
        default=dict,
        blank=True,
        help_text="What else the MLmodel file says: no signature, no flavors.",
    )
    requirements = models.JSONField(default=list, blank=True)
    model_size_bytes = models.BigIntegerField(null=True, blank=True)
    python_version = models.CharField(max_length=64, blank=True, default="")
    mlflow_version = models.CharField(max_length=64, blank=True, default="")
    has_input_example = models.BooleanField(null=True, blank=True)
    input_example = models.TextField(
        blank=True, default="", help_text="Its text, as it was saved with the model."
    )
    input_example_error = models.TextField(blank=True, default="")
    files = models.JSONField(
        default=dict,
        blank=True,
        help_text="Path to size in bytes, or to null where MLflow tells none.",
    )
    files_error = models.TextField(
        blank=True,
        default="",
        help_text="Why the list of files is not there, or not whole.",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["wished_at"],
                condition=Q(wished_at__isnull=False),
                name="evidence_wished_for",
            ),
            models.Index(
                fields=["-run_due_at"],
                condition=Q(run_due_at__isnull=False),
                name="runs_to_read",
            ),
            models.Index(
                fields=["-model_due_at"],
                condition=Q(model_due_at__isnull=False),
                name="model_files_to_read",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is the evidence of."""
        return f"evidence of {self.version}"

    @property
    def is_run_running(self) -> bool:
        """May the run still log something?"""
        return self.run_status in {"RUNNING", "SCHEDULED"}


class MetricHistory(models.Model):
    """A metric of a version's run by step, read because somebody looks at it.

    `points` is a list of [step, value], values as in `Evidence.metrics`; of a long
    history only what a curve needs. `point_count` is how many were read for it.
    """

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="metric_histories"
    )
    key = models.CharField(max_length=METRIC_KEY_LENGTH)
    due_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    points = models.JSONField(default=list, blank=True)
    point_count = models.PositiveIntegerField(default=0)
    is_cut = models.BooleanField(
        default=False, help_text="MLflow has more points than were read."
    )

    class Meta:
        verbose_name_plural = "metric histories"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "key"], name="one_history_per_version_and_metric"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="metric_histories_to_read",
            )
        ]

    def __str__(self) -> str:
        """Return `val_auc of churn v7`."""
        return f"{self.key} of {self.version}"

    def is_old(self, now: datetime, *, after: timedelta) -> bool:
        """Was it never read, or longer ago than `after`?"""
        return self.read_at is None or now - self.read_at > after


class EvidenceState(models.Model):
    """The one row that says who reads evidence, and when the next may begin."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    runs_resume_at = models.DateTimeField(
        null=True, blank=True, help_text="Until then MLflow is not asked for runs."
    )
    files_resume_at = models.DateTimeField(
        null=True, blank=True, help_text="Until then MLflow is not asked for files."
    )
    error = models.TextField(
        blank=True, default="", help_text="Why the last reading broke off."
    )
    lease_token = models.CharField(max_length=64, blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="evidence_state_is_one_row")
        ]

    def __str__(self) -> str:
        """Return until when runs rest."""
        return f"evidence, runs resting until {self.runs_resume_at}"

    @classmethod
    def load(cls) -> EvidenceState:
        """Return the row; one that was never saved before the first reading."""
        return cls.objects.filter(id=cls.ONLY).first() or cls()


def as_json_number(value: Any) -> float | str:
    """Return a number as a JSON column can hold it: NaN and infinities as words."""
    return _WORDS.get(str(float(value)), float(value))


def as_json_numbers(metrics: dict[str, Any]) -> dict[str, float | str]:
    """Return metrics as a JSON column can hold them."""
    return {name: as_json_number(value) for name, value in metrics.items()}
