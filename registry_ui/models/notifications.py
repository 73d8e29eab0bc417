"""Whom something was told to, and why them. How they are reached is another app's."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models

from registry_ui.models.audit import AuditEvent
from registry_ui.models.mirror import RegisteredModel
from registry_ui.models.requests import TransitionRequest


class Notification(models.Model):
    """One person is told of one occasion, once.

    An occasion is an event as a rule, and else what its name says: `expiry:12`.
    """

    class Reason(models.TextChoices):
        NEEDS_YOU = "needs_you", "A request needs my review"
        YOURS = "yours", "Something happens to a request of mine"
        MENTIONED = "mentioned", "Somebody mentions me"
        WATCHING = "watching", "Something happens to what I watch"
        REMINDER = "reminder", "A request of mine, or that needs me, is about to expire"
        WEBHOOK = "webhook", "A webhook that I manage fails, is paused or is disabled"

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="notifications"
    )
    reason = models.CharField(max_length=16, choices=Reason.choices)
    model = models.ForeignKey(
        RegisteredModel,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        help_text="Empty: it is about the whole registry.",
    )
    request = models.ForeignKey(
        TransitionRequest,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        help_text="Empty: it is about the model, an incident or a comment.",
    )
    event = models.ForeignKey(
        AuditEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What happened; empty where the clock tells.",
    )
    text = models.TextField(
        blank=True, default="", help_text="A sentence, where no event has one."
    )
    occasion = models.CharField(max_length=64)
    lapses = models.BooleanField(
        default=False, help_text="It is of no use any more once the request is decided."
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "occasion"], name="told_once_of_each_occasion"
            )
        ]

    def __str__(self) -> str:
        """Return who was told of what."""
        return f"{self.user}: {self.occasion}"
