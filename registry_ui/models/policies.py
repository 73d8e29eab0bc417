"""Promotion policies and their versions; what they say: `registry_ui/policies/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F
from django.urls import reverse

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Policy(models.Model):
    """A policy by name; its newest version is what holds."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField(
        help_text="The first that matches governs: the lowest."
    )
    current = models.PositiveIntegerField(help_text="Number of the version that holds.")
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it holds no longer."
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("registry_ui:policy_detail", args=[self.name])


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Finds versions of policies."""

    def in_force(self) -> QuerySet[PolicyVersion]:
        """Keep what holds now, in the order in which it is tried."""
        current = self.filter(policy__retired_at=None, number=F("policy__current"))
        return current.select_related("policy").order_by(
            "policy__position", "policy__pk"
        )


class PolicyVersion(models.Model):
    """What a policy says; the database refuses to change or delete a row."""

    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    definition = models.TextField(help_text="JSON; see registry_ui/policies/.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: applied from the command line.",
    )

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="one_row_per_policy_and_version"
            )
        ]

    def __str__(self) -> str:
        """Return name and number: `production v3`."""
        return f"{self.policy} v{self.number}"
