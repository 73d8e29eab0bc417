"""How often a person may do what makes this machine call or look up another one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.db.models import F

WINDOW = timedelta(minutes=1)


class AllowanceManager(models.Manager["Allowance"]):
    """Counts uses."""

    def use(
        self, user: User, purpose: str, *, most: int, now: datetime
    ) -> timedelta | None:
        """Count one use within a window of a minute.

        Each step is one statement with its condition, so that many at once never
        get more than `most`.

        Args:
            user: who uses.
            purpose: one of `Allowance.Purpose`.
            most: how often within a minute.
            now: the time.

        Returns:
            None if it is granted; else how long it takes until the next one is.
        """
        mine = self.filter(user=user, purpose=purpose)
        if mine.filter(began_at__lte=now - WINDOW).update(began_at=now, used=1):
            return None
        if mine.filter(used__lt=most).update(used=F("used") + 1):
            return None
        row = mine.first()
        if row is not None:
            return max(row.began_at + WINDOW - now, timedelta(seconds=1))
        try:
            with transaction.atomic():
                self.create(user=user, purpose=purpose, began_at=now, used=1)
        except IntegrityError:  # somebody was first by a moment
            return self.use(user, purpose, most=most, now=now)
        return None


class Allowance(models.Model):
    """Uses of one person for one purpose since the window began."""

    class Purpose(models.TextChoices):
        TEST = "test", "Tests of webhooks"
        LOOK_UP = "look_up", "Look-ups of names"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    objects = AllowanceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"], name="one_allowance_per_person_and_purpose"
            )
        ]

    def __str__(self) -> str:
        """Return purpose and count."""
        return f"{self.purpose}: {self.used}"
