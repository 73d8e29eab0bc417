"""`manage.py mlflow_hints register|remove|show`: MLflow's own webhook to us."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from registry_ui.actions.mlflow_webhook import (
    register_webhook,
    remove_webhook,
    why_not_sending,
)
from registry_ui.errors import ActionError
from registry_ui.mlflow_client import MLflowError, MLflowWebhooks
from registry_ui.models import Hint, MLflowWebhook

KEY = (
    "It can as long as it keeps its MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY; without one,"
    " until it is started again."
)


class Command(BaseCommand):
    """Registers our webhook at MLflow, removes it, or says how it is."""

    help = "Lets MLflow tell at once that something changed, or no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done with the webhook."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        changes = [
            verbs.add_parser("register", help="Make the webhook, or renew it."),
            verbs.add_parser("remove", help="Remove it from MLflow and here."),
        ]
        for verb in changes:
            verb.add_argument(
                "--address",
                type=_address,
                default=settings.BASE_URL,
                help="How MLflow reaches Signoff; SIGNOFF_BASE_URL if left out.",
            )
        verbs.add_parser("show", help="Say whether hints come.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; what MLflow refuses is one sentence with the remedy."""
        try:
            webhooks = MLflowWebhooks(settings.MLFLOW_REGISTRY_URI)
            if options["verb"] == "show":
                self._show(webhooks)
                return
            url = f"{options['address']}{reverse('registry_ui:mlflow_hint')}"
            act = self._register if options["verb"] == "register" else self._remove
            act(webhooks, url)
        except (ActionError, MLflowError) as error:
            raise CommandError(str(error)) from None

    def _register(self, webhooks: MLflowWebhooks, url: str) -> None:
        registration = register_webhook(webhooks, url)
        when = "from now on" if registration.is_new else "as before"
        self.stdout.write(f"MLflow sends hints to {url} {when}. {KEY}")
        if registration.failure:
            self.stderr.write(
                f"Its first try failed, though: {registration.failure}. If Signoff runs"
                " there, see that MLflow's machine can reach it."
            )
        else:
            self.stdout.write("It has reached Signoff. All hints come within a minute.")

    def _remove(self, webhooks: MLflowWebhooks, url: str) -> None:
        if remove_webhook(webhooks, url):
            self.stdout.write("Removed. MLflow may send hints for one more minute.")
        else:
            self.stdout.write("There was no webhook to remove.")

    def _show(self, webhooks: MLflowWebhooks) -> None:
        webhook = MLflowWebhook.load()
        if webhook is None:
            self.stdout.write("MLflow sends no hints: no webhook is registered.")
            return
        self.stdout.write(f"MLflow sends hints to {webhook.url}.")
        last = f"{webhook.hinted_at:%Y-%m-%d %H:%M:%S} UTC" if webhook.hinted_at else ""
        waiting = Hint.objects.count()
        self.stdout.write(f"Last hint: {last or 'none yet'}; {waiting:,} wait.")
        if reason := why_not_sending(webhooks):
            raise CommandError(reason)


def _address(argument: str) -> str:
    """Return an address without the slash at its end, if programs can call it."""
    try:
        parts = urlsplit(argument)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_good = is_good and parts.port != 0  # it raises for what is no port
    except ValueError:
        is_good = False
    if not is_good:
        raise ArgumentTypeError(f"{argument!r} is no address such as https://signoff.")
    return argument.rstrip("/")
