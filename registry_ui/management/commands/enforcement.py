"""`manage.py enforcement`: what can and cannot be prevented, as Markdown."""

from typing import Any

from django.core.management.base import BaseCommand

from registry_ui.api.enforcement.document import document


class Command(BaseCommand):
    """Writes docs/enforcement.md."""

    help = "Writes the matrix of what can and cannot be prevented as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it to stdout."""
        self.stdout.write(document(), ending="")
