"""MLflow's own webhook to us, and the hints that came through it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from registry_ui.models.encryption import decrypt, encrypt
from registry_ui.models.mirror import NAME_LENGTH

_PLACE = "mlflow webhook:secret"


class MLflowWebhook(models.Model):
    """The one webhook that MLflow has for us; without the row it has none."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    webhook_id = models.CharField(max_length=256, help_text="MLflow's name for it.")
    url = models.TextField(help_text="Where MLflow sends to: our own address.")
    encrypted_secret = models.TextField()
    registered_at = models.DateTimeField()
    hinted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last hint came."
    )
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="Until then MLflow is not asked after hints."
    )

    class Meta:
        verbose_name = "MLflow webhook"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mlflow_webhook_is_one_row")
        ]

    def __str__(self) -> str:
        """Return where MLflow sends to."""
        return self.url

    @classmethod
    def load(cls) -> MLflowWebhook | None:
        """Return the row; None where MLflow has no webhook for us."""
        return cls.objects.filter(id=cls.ONLY).first()

    @property
    def secret(self) -> str:
        """Return what MLflow signs with.

        Raises:
            CredentialUnreadableError: the key it was encrypted with is gone.
        """
        return decrypt(self.encrypted_secret, place=_PLACE)

    @secret.setter
    def secret(self, plain: str) -> None:
        self.encrypted_secret = encrypt(plain, place=_PLACE)


class Hint(models.Model):
    """Word of MLflow that something changed; deleted once it was looked at."""

    received_at = models.DateTimeField()
    model_name = models.CharField(max_length=NAME_LENGTH)
    version_number = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        """Return what changed: `churn v7` or `churn`."""
        number = self.version_number
        return f"{self.model_name} v{number}" if number else self.model_name
