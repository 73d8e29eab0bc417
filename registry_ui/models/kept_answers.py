"""Answers to calls that are kept, so that a call sent twice happens once."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models

KEY_LENGTH = 255


class KeptAnswer(models.Model):
    """What was answered to a call with an idempotency key; kept for a day."""

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the constraint begins with it
    )
    key = models.CharField(max_length=KEY_LENGTH, help_text="As the caller chose it.")
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the call's method, path and body."
    )
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True, default="")
    location = models.TextField(
        blank=True, default="", help_text="Address of what was created; may be empty."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="one_answer_per_person_and_key"
            )
        ]

    def __str__(self) -> str:
        """Return key and status."""
        return f"{self.key}: {self.status}"
