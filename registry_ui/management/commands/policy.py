"""`manage.py policy`: policies as code."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry_ui.actions.policies import apply_policies, policies_in_force
from registry_ui.actions.policy_previews import preview_of
from registry_ui.actions.policy_reports import report_json
from registry_ui.errors import ActionError
from registry_ui.management.policy_report import change_lines, report_lines
from registry_ui.policies import (
    DocumentError,
    PolicyDefinition,
    json_schema,
    parse_document,
    write_document,
)


class Command(BaseCommand):
    """Checks, applies and shows policies."""

    help = "Checks a file of policies, makes it hold, or shows what holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser(
            "check",
            help="Say what is wrong with a file, or what it would change, and what it"
            " says of open requests, current holders and past promotions.",
        )
        check.add_argument("--json", action="store_true", help="Write JSON.")
        apply = verbs.add_parser(
            "apply", help="Let exactly the policies of a file hold."
        )
        for verb in (check, apply):
            verb.add_argument("file", help="YAML; - reads standard input.")
        verbs.add_parser("show", help="Write the policies that hold, as such a file.")
        verbs.add_parser("schema", help="Write the JSON schema of such a file.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; a file with problems ends with status 1 and a line for each."""
        match options["verb"]:
            case "show":
                held = (policy.definition for policy in policies_in_force())
                self.stdout.write(write_document(held), ending="")
            case "schema":
                self.stdout.write(json.dumps(json_schema(), indent=2))
            case "check":
                preview = preview_of(_definitions(options["file"]))
                if options["json"]:
                    self.stdout.write(json.dumps(report_json(preview), indent=2))
                else:
                    self._tell(report_lines(preview))
            case "apply":
                definitions = _definitions(options["file"])
                try:
                    changes = apply_policies(definitions, actor=None)
                except ActionError as error:
                    raise CommandError(str(error)) from None
                self._tell(change_lines(changes))

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _definitions(file: str) -> tuple[PolicyDefinition, ...]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is no UTF-8 text. Save it as UTF-8.") from None
    try:
        return parse_document(text)
    except DocumentError as error:
        raise CommandError(f"{file} cannot be used.\n{error}") from None
