"""`manage.py demo_seed`: fills MLflow and the database with the demo, once."""

import time

import urllib3
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.marker import quieten_mlflow, registry_is_complete
from config.demo.people import ensure_people
from config.demo.story import tell_story
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowError

_MLFLOW_PATIENCE_SECONDS = 120
_LOOK_SECONDS = 0.3


class Command(BaseCommand):
    """People first, then MLflow's registry, the mirror, and the story."""

    help = "Fill an empty MLflow and database with the demo; again, it does nothing."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_arguments: object, **_options: object) -> None:
        """Seed what is missing.

        Raises:
            CommandError: this is no demo, or it cannot be seeded; says why.
        """
        if not settings.DEMO:
            raise CommandError("Only a demo is seeded: start it with `up --demo`.")
        ensure_people()
        if not settings.EMBEDDED_MLFLOW:
            self.stdout.write(
                "MLFLOW_TRACKING_URI is set: the demo shows your registry and adds"
                " nothing to it."
            )
            return
        try:
            if not _wait_for_registry(settings.MLFLOW_TRACKING_URI):
                self._fill_registry()
            tell_story(self._say)
        except (MLflowError, ActionError, TimeoutError) as error:
            raise CommandError(f"The demo could not be seeded: {error}") from error

    def _fill_registry(self) -> None:
        quieten_mlflow()
        # Not at the top: MLflow and scikit-learn take seconds to import, and a demo
        # that is seeded already needs neither.
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        from config.demo.registry import seed_registry  # noqa: PLC0415

        self._say("Training the demo's models; this takes about a minute, once.")
        try:
            seed_registry(settings.MLFLOW_TRACKING_URI, self._say)
        except MlflowException as error:
            raise CommandError(f"MLflow could not be filled: {error}") from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)


def _wait_for_registry(tracking_uri: str) -> bool:
    """Wait until MLflow answers; return whether all of the demo is in it.

    Raises:
        TimeoutError: it does not answer.
    """
    deadline = time.monotonic() + _MLFLOW_PATIENCE_SECONDS
    while True:
        try:
            return registry_is_complete(tracking_uri)
        except urllib3.exceptions.HTTPError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"MLflow does not answer at {tracking_uri}."
                ) from error
            time.sleep(_LOOK_SECONDS)
