"""Models that somebody registers through us just now; no mirror has them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from registry_ui.models.mirror import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Registration(models.Model):
    """One announced before MLflow is asked, and withdrawn with what came of it."""

    name = models.CharField(max_length=NAME_LENGTH, db_index=True)
    until = models.DateTimeField(
        help_text="Until when a sweep leaves the name alone, should who asked die."
    )

    def __str__(self) -> str:
        """Return the name, and until when."""
        return f"{self.name} until {self.until}"

    @classmethod
    def announced(cls, names: Iterable[str], since: datetime) -> set[str]:
        """Return which of the names somebody registers; forget who died over it.

        Args:
            names: of models in MLflow.
            since: when looking at MLflow began.
        """
        cls.objects.filter(until__lte=since).delete()
        found = cls.objects.filter(name__in=names)
        return set(found.values_list("name", flat=True))
