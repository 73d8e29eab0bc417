"""`manage.py up [--demo]`: all of Signoff on one machine, until somebody stops it."""

import os
import sys
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import CommandParser, call_command
from django.core.management.base import BaseCommand
from django.db import connections

from config import demo, preflight, programs
from config.static_files import collect_if_stale
from config.supervisor import Patience, ProgramFailed, StopRequested, Supervisor

_READY_SECONDS = 180


class Command(BaseCommand):
    """Checks, migrates, then supervises web, worker, beat and an embedded MLflow."""

    help = (
        "Run everything on this machine: web server, worker, clock, and an MLflow"
        " server where MLFLOW_TRACKING_URI names none. Ctrl-C stops it."
    )
    patience = Patience()
    # They would load every page and API into a process that serves none.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `--demo` and `--allow-unreadable`."""
        parser.add_argument(
            "--demo",
            action="store_true",
            help="fill MLflow with a small real registry, with people to sign in as",
        )
        parser.add_argument(
            "--allow-unreadable",
            action="store_true",
            help="start although credentials were encrypted with a key that is lost;"
            " what needs them fails until they are set anew",
        )

    def handle(self, *_arguments: object, **options: Any) -> None:
        """Run until a signal; every failure is one sentence and exit status 1."""
        is_demo = bool(options["demo"]) or settings.DEMO
        try:
            _check(is_demo=is_demo)
            _prepare(allows_unreadable=options["allow_unreadable"])
            _supervise(is_demo=is_demo, patience=self.patience)
        except (preflight.StartRefused, ProgramFailed) as failure:
            sys.exit(str(failure))
        except (StopRequested, KeyboardInterrupt):
            _say("Stopped.")


def _check(*, is_demo: bool) -> None:
    """Refuse to start where it cannot succeed, before anything is changed."""
    preflight.check_data_dir(settings.DATA_DIR)
    preflight.lock_data_dir(settings.DATA_DIR)
    preflight.check_allowed_networks()
    addresses = {"SIGNOFF_BIND": settings.BIND}
    if settings.EMBEDDED_MLFLOW:
        preflight.check_mlflow_installed()
        addresses["SIGNOFF_MLFLOW_BIND"] = settings.MLFLOW_BIND
    elif warning := preflight.why_mlflow_is_useless(settings.MLFLOW_REGISTRY_URI):
        sys.stderr.write(f"{warning}\n")
    if is_demo:
        addresses["SIGNOFF_DEMO_RECEIVER_BIND"] = settings.DEMO_RECEIVER_BIND
    preflight.check_addresses_differ(addresses)
    for variable, address in addresses.items():
        preflight.check_address_free(variable, address)
    preflight.check_database()


def _prepare(*, allows_unreadable: bool) -> None:
    """Bring database, static files and broker to the state of this release."""
    call_command("migrate", interactive=False, verbosity=0)
    if not allows_unreadable:
        preflight.check_encryption_keys()
    connections.close_all()
    if collect_if_stale():
        _say("Collected the static files.")
    if settings.EMBEDDED_BROKER_DIR:
        # Wake-ups of an earlier run: what they were about stands in the database.
        for message in settings.EMBEDDED_BROKER_DIR.rglob("*"):
            if message.is_file():
                message.unlink()


def _supervise(*, is_demo: bool, patience: Patience) -> None:
    """Start everything, say where it is, and wait for the end.

    Raises:
        StopRequested, ProgramFailed: always one of these.
    """
    environment = programs.environment(os.environ, is_demo=is_demo)
    with Supervisor(environment, _say, patience) as supervisor:
        supervisor.start(programs.web())
        if settings.EMBEDDED_MLFLOW:
            supervisor.start(programs.mlflow())
            # The worker would only say that it finds no MLflow.
            supervisor.wait_ready("mlflow", _READY_SECONDS)
        if is_demo:
            supervisor.start(programs.demo_receiver())
            # Before the worker: its first sync then finds a registry that is filled,
            # which is one event, and not one for each version as it is made.
            supervisor.run(programs.demo_seed())
        supervisor.start(programs.worker())
        supervisor.start(programs.sender())
        supervisor.start(programs.beat())
        supervisor.wait_ready("web", _READY_SECONDS)
        _announce(is_demo=is_demo)
        supervisor.wait()


def _announce(*, is_demo: bool) -> None:
    _say(f"\nSignoff is ready: {settings.BASE_URL}\n")
    if is_demo:
        _say("Sign in with one click as:")
        for person in demo.names():
            _say(f"  {person.username:<6} {person.name}, {person.role.lower()}")
        _say("")


def _say(line: str) -> None:
    # Whoever read our output may be gone.
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
