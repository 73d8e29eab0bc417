"""The files of versions under review, where a policy asks that they do not change."""

from __future__ import annotations

from django.db import models

from registry_ui.models.requests import TransitionRequest


class RequestFiles(models.Model):
    """The files of a request's version: as read first after it was asked, and last.

    Both map paths to the SHA-256 of the contents, in hex; None while nothing was read.
    """

    request = models.OneToOneField(
        TransitionRequest, on_delete=models.CASCADE, related_name="files"
    )
    first = models.JSONField(null=True, blank=True)
    last = models.JSONField(null=True, blank=True)
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last reading began."
    )
    due_at = models.DateTimeField(help_text="When a worker may read them (again).")
    reading_until = models.DateTimeField(
        null=True, blank=True, help_text="While a worker reads them: its lease."
    )
    error = models.TextField(
        blank=True, default="", help_text="Why they could not be read the last time."
    )

    class Meta:
        verbose_name_plural = "files of requests"

    def __str__(self) -> str:
        """Return whose they are."""
        return f"files of #{self.request_id}"

    @property
    def changed(self) -> dict[str, str | None]:
        """Return what is another one than at first, as it was read last.

        None stands for a file that is gone.
        """
        first, last = self.first or {}, self.last or {}
        return {
            path: last.get(path)
            for path in sorted({*first, *last})
            if first.get(path) != last.get(path)
        }
