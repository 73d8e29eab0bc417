"""`manage.py up` for tests that kill: it starts again at once what keeps dying.

Ours waits longer each time, up to half a minute; two hundred kills would take hours.

    python -m tests.system.restless
"""

import os

import django
from django.core.management import call_command

from config.supervisor import Patience

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.management.commands import up  # noqa: E402 - needs what is set up above


class Command(up.Command):
    """Runs all of Signoff and never loses patience with it."""

    patience = Patience(delays=(0.1,), forget=0)


if __name__ == "__main__":
    call_command(Command())
