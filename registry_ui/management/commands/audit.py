"""`manage.py audit verify`: is the audit log what was written?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry_ui.actions.audit import verify_audit_log


class Command(BaseCommand):
    """Checks the audit log."""

    help = "Checks the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done with the log."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("verify", help="Recompute the chain of hashes.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Report the number of rows and the head hash, or the first bad row."""
        report = verify_audit_log()
        if report.fault:
            raise CommandError(f"The audit log does not hold. {report.fault}")
        events = (
            "1 event, in order."
            if report.count == 1
            else (f"{report.count:,} events, all in order.")
        )
        self.stdout.write(events)
        self.stdout.write(f"head {report.head}")
