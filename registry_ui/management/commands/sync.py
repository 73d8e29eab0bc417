"""`manage.py sync [--full]`: bring the mirror up to date now."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry_ui.actions.evidence import ALL, EvidenceReport, read_evidence
from registry_ui.actions.leases import LeaseLostError
from registry_ui.actions.sync import SyncReport, sync_mirror
from registry_ui.mlflow_client import MLflowClient, MLflowError
from registry_ui.models import MirrorState

ERASE_LINE = "\r\033[K"

BUSY = (
    "Another sync is running, and two never run at the same time. It brings the mirror"
    " up to date as well; run this again when it is done. If it was killed, this one"
    " can take over in {seconds:.0f} s."
)


class Command(BaseCommand):
    """Reads MLflow's registry, and what is missing of runs and files."""

    help = "Brings the mirror of MLflow's registry up to date now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how much to read."""
        parser.add_argument(
            "--full",
            action="store_true",
            help="Read every version too, whether or not it is time to.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync, then report what was found and what it took."""
        registry = MLflowClient(settings.MLFLOW_REGISTRY_URI)
        tracking = MLflowClient(settings.MLFLOW_TRACKING_URI)
        try:
            report = sync_mirror(
                registry,
                full=options["full"],
                progress=self._show,
            )
            if report is None:
                raise CommandError(_busy())
            evidence = read_evidence(
                registry, tracking, bound=ALL, progress=self._show_evidence
            )
        except LeaseLostError:
            raise CommandError(_busy()) from None
        except MLflowError as error:
            raise CommandError(str(error)) from None
        finally:
            self._erase()
        self._report(report, evidence)

    def _show_evidence(self, report: EvidenceReport) -> None:
        if report.files:
            self._show("versions' files", report.files)
        else:
            self._show("versions' runs", report.runs)

    def _show(self, what: str, count: int) -> None:
        """Say how far things got, on a line of its own, on a terminal only."""
        if self.stderr.isatty():
            self.stderr.write(f"{ERASE_LINE}Read {count:,} {what} …", ending="")
            self.stderr.flush()

    def _erase(self) -> None:
        if self.stderr.isatty():
            self.stderr.write(ERASE_LINE, ending="")

    def _report(self, report: SyncReport, evidence: EvidenceReport | None) -> None:
        read = (
            f"runs of {evidence.runs:,} and files of {evidence.files:,} versions read"
            if evidence
            else "runs and files are being read by a worker"
        )
        self.stdout.write(
            f"{report.read.get('models', 0):,} models and"
            f" {report.read.get('versions', 0):,} versions read: {report.new:,} new,"
            f" {report.changed:,} changed, {report.gone:,} gone; {report.requests:,}"
            f" requests in {report.seconds:.1f} s; {read}."
        )


def _busy() -> str:
    """Say that somebody else is at it, and until when that holds without a renewal."""
    expires_at = MirrorState.load().lease_expires_at
    left = expires_at - timezone.now() if expires_at else timedelta()
    return BUSY.format(seconds=max(0.0, left.total_seconds()))
