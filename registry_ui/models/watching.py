"""Which models people watch."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models

from registry_ui.models.mirror import RegisteredModel


class Subscription(models.Model):
    """One person watches one model: its requests are listed, and told of."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="subscriptions"
    )
    model = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="subscriptions"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "model"], name="one_subscription_per_user_and_model"
            )
        ]

    def __str__(self) -> str:
        """Return a sentence."""
        return f"{self.user} watches {self.model.name}"
