"""`manage.py rotate_keys`: credentials encrypted with the first key, all of them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry_ui.actions.keys import KeyUse, Rotation, key_uses, rotate_credentials


class Command(BaseCommand):
    """Encrypts all stored credentials with the first key, or says what they need."""

    help = (
        "Encrypts every stored credential with the first of SIGNOFF_ENCRYPTION_KEYS."
        " It may be stopped and started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `--check`."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; say which keys are in use, and fail if one is not"
            " the first.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it.

        Raises:
            CommandError: an old key is still needed.
        """
        if options["check"]:
            self._check()
            return
        rotation = rotate_credentials()
        for column, count in sorted(rotation.counts.items()):
            self.stdout.write(f"{column}: {_counted(count)} encrypted anew")
        total = sum(rotation.counts.values())
        first = key_uses()[0]
        self.stdout.write(
            f"{_counted(total)} encrypted anew; key {first.key_id} now has"
            f" {_counted(first.count)}."
        )
        if rotation.unreadable:
            self._tell_unreadable(rotation)

    def _check(self) -> None:
        uses = key_uses()
        for use in uses:
            self.stdout.write(_in_words(use))
        old = [use for use in uses if use.count and not use.is_first]
        if old:
            raise CommandError(
                f"{_counted(sum(use.count for use in old))} not encrypted with the"
                " first key: run `manage.py rotate_keys`, which names those that cannot"
                " be read."
            )

    def _tell_unreadable(self, rotation: Rotation) -> None:
        for one in rotation.unreadable:
            page = f" ({one.page})" if one.page else ""
            self.stderr.write(f"{one.column} of {one.row}{page}: {one.reason}")
        raise CommandError(
            f"{_counted(len(rotation.unreadable))} cannot be read. Put the missing key"
            " back into SIGNOFF_ENCRYPTION_KEYS, behind the first, and run this again;"
            " if it is lost, set these credentials anew."
        )


def _counted(count: int) -> str:
    return "1 credential" if count == 1 else f"{count:,} credentials"


def _in_words(use: KeyUse) -> str:
    """Return a line of `--check`."""
    if use.number is None:
        place = "not in SIGNOFF_ENCRYPTION_KEYS: cannot be read"
    elif use.is_first:
        place = "first of SIGNOFF_ENCRYPTION_KEYS: encrypts"
    else:
        done = "still needed" if use.count else "may be removed"
        place = f"no. {use.number} of SIGNOFF_ENCRYPTION_KEYS: {done}"
    return f"key {use.key_id}  {_counted(use.count)}  {place}"
