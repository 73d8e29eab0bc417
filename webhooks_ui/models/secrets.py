"""Signing secrets: several of a webhook may be in force, so that one can rotate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry_ui.models.encryption import decrypt, encrypt
from webhooks_ui.models.webhooks import Webhook

if TYPE_CHECKING:
    from datetime import datetime

MOST_IN_FORCE = 5


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    """Finds and stores secrets."""

    def in_force(self, now: datetime) -> WebhookSecretQuerySet:
        """Keep those that sign at this time, the newest first."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("-pk")

    def expired(self, now: datetime) -> WebhookSecretQuerySet:
        """Keep those that sign nothing any more."""
        return self.filter(expires_at__lte=now)

    def add(self, webhook: Webhook, plain: str, *, by: User) -> WebhookSecret:
        """Store one more secret of a webhook, encrypted."""
        secret = WebhookSecret(webhook=webhook, created_by=by)
        secret.value = plain
        secret.save(force_insert=True)
        return secret

    def replace_all(self, webhook: Webhook, plain: str, *, by: User) -> None:
        """Leave this secret alone in force; an empty text leaves none."""
        self.filter(webhook=webhook).delete()
        if plain:
            self.add(webhook, plain, by=by)


class WebhookSecret(models.Model):
    """One secret that signs what a webhook sends, until it expires."""

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="secrets"
    )
    encrypted_value = models.TextField(editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="It signs nothing from then on."
    )

    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        """Return which one it is, and nothing of its value."""
        return f"secret {self.pk} of {self.webhook}"

    @property
    def place(self) -> str:
        """Return what its encryption is bound to: the webhook, and what it is for."""
        return f"webhook:{self.webhook_id}:secret"

    @property
    def value(self) -> str:
        """Return the secret as it was stored.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        return decrypt(self.encrypted_value, place=self.place)

    @value.setter
    def value(self, plain: str) -> None:
        self.encrypted_value = encrypt(plain, place=self.place)

    def is_in_force(self, now: datetime) -> bool:
        """Does it sign at this time?"""
        return self.expires_at is None or self.expires_at > now
