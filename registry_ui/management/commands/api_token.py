"""`manage.py api_token USER`: make a token for scripts."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from registry_ui.actions.tokens import create_token
from registry_ui.errors import ActionError
from registry_ui.models import Scope


class Command(BaseCommand):
    """Makes a token and prints it, alone, on the last line of stdout."""

    help = (
        "Makes an API token and prints it, alone, on the last line of stdout. It is"
        " shown this once: only a digest of it is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose token, what for, how long and how far it reaches."""
        parser.add_argument(
            "user", type=_text, help="User name of who will act with it."
        )
        parser.add_argument(
            "--name", type=_text, default="command line", help="What it is for."
        )
        parser.add_argument(
            "--days", type=int, help="How long it works; until revoked if left out."
        )
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="What it is good for; may be repeated. Everything if left out.",
        )
        parser.add_argument(
            "--open-requests",
            action="store_true",
            help="Open a request where a move through the gate needs one.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token in the name of its owner."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        if not user.is_active:
            raise CommandError(f"{user} is not active, so a token would not work.")
        try:
            token, secret = create_token(
                user,
                actor=user,
                name=options["name"],
                days=options["days"],
                scopes=options["scope"] or Scope.values,
                opens_requests=options["open_requests"],
            )
        except ActionError as error:
            raise CommandError(str(error)) from None
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "for good"
        self.stderr.write(
            f"A token for {user}, named {token.name!r}, works {until}, for"
            f" {', '.join(token.scopes)}. Keep it: it is shown this once. Send it as"
            " `Authorization: Bearer <token>`."
        )
        self.stdout.write(secret)


def _text(argument: str) -> str:
    """Refuse bytes that are no text: no database takes them."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError(f"{argument!r} is not UTF-8.") from None
    return argument
