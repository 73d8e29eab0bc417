"""`manage.py demo_receiver`: receives the demo's webhook; a child of `up --demo`."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.receiver import Inbox, ReceiverServer, signing_secret


class Command(BaseCommand):
    """Serves until it is stopped."""

    help = "Receive, check and show the webhook payloads of the demo."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_arguments: object, **_options: object) -> None:
        """Serve until a signal.

        Raises:
            CommandError: this is no demo, or the address cannot be had.
        """
        if not settings.DEMO:
            raise CommandError(
                "The receiver is part of the demo: `up --demo` starts it."
            )
        address = settings.DEMO_RECEIVER_BIND
        inbox = Inbox(settings.DATA_DIR / "demo-received.json")
        try:
            server = ReceiverServer(
                (address.host, address.port), inbox, signing_secret()
            )
        except OSError as error:
            raise CommandError(
                f"SIGNOFF_DEMO_RECEIVER_BIND={address} cannot be listened on:"
                f" {error.strerror}."
            ) from error
        self.stdout.write(f"http://{address}/ shows what arrives.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()
