"""How often somebody may do something within a time; all processes count together."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.db.models import F

A_MINUTE = timedelta(minutes=1)


class AllowanceManager(models.Manager["Allowance"]):
    """Counts uses."""

    def use(
        self,
        holder: User | str,
        purpose: str,
        *,
        most: int,
        now: datetime,
        window: timedelta = A_MINUTE,
    ) -> timedelta | None:
        """Count one use within a window.

        Each step is one statement with its condition, so that many at once never
        get more than `most`. Who has none left costs one reading.

        Args:
            holder: a user, or what else is counted for, such as an address.
            purpose: what it is about, in a word; always with the same window.
            most: how often within the window.
            now: the time.
            window: how long uses count together, from the first of them on.

        Returns:
            None if it is granted; else how long it takes until the next one is.
        """
        name = _name_of(holder)
        mine = self.filter(holder=name, purpose=purpose)
        row = mine.first()
        if row is None:
            return self._begin(name, purpose, most=most, now=now, window=window)
        wait = max(row.began_at + window - now, timedelta(seconds=1))
        if row.began_at <= now - window:
            if mine.filter(began_at__lte=now - window).update(began_at=now, used=1):
                return None
        elif row.used >= most:
            return wait
        return None if mine.filter(used__lt=most).update(used=F("used") + 1) else wait

    def used(
        self,
        holder: User | str,
        purpose: str,
        *,
        now: datetime,
        window: timedelta = A_MINUTE,
    ) -> tuple[int, timedelta]:
        """Return how many uses count now, and how long until they no longer do."""
        row = self.filter(holder=_name_of(holder), purpose=purpose).first()
        if row is None or row.began_at <= now - window:
            return 0, window
        return row.used, row.began_at + window - now

    def give_back(self, holder: User | str, purpose: str) -> None:
        """Let one use not count after all."""
        used = self.filter(holder=_name_of(holder), purpose=purpose, used__gt=0)
        used.update(used=F("used") - 1)

    def _begin(
        self, holder: str, purpose: str, *, most: int, now: datetime, window: timedelta
    ) -> timedelta | None:
        """Count the first use, and forget windows of others that are over."""
        self.filter(purpose=purpose, began_at__lte=now - window).delete()
        try:
            with transaction.atomic():
                self.create(holder=holder, purpose=purpose, began_at=now, used=1)
        except IntegrityError:  # somebody was first by a moment
            return self.use(holder, purpose, most=most, now=now, window=window)
        return None


def _name_of(holder: User | str) -> str:
    return f"user {holder.pk}" if isinstance(holder, User) else holder


class Allowance(models.Model):
    """Uses by one holder for one purpose since the window began."""

    holder = models.CharField(
        max_length=64, help_text="`user` and a key, or an address."
    )
    purpose = models.CharField(max_length=16)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    objects = AllowanceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "purpose"],
                name="one_allowance_per_holder_and_purpose",
            )
        ]
        indexes = [
            models.Index(fields=["purpose", "began_at"], name="allowances_to_forget")
        ]

    def __str__(self) -> str:
        """Return holder, purpose and count."""
        return f"{self.holder}, {self.purpose}: {self.used}"
