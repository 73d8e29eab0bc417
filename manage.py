#!/usr/bin/env python
"""Run Signoff's commands: `manage.py up`, `manage.py sync`, `manage.py audit`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        # The sentence names the variable and the remedy; a traceback adds nothing.
        sys.exit(str(error))
