"""Look at requests, and ask for one."""

from itertools import islice
from typing import Any, get_args

import click

from signoff.answers import Status
from signoff.command_line.looks import request_page, request_table
from signoff.command_line.session import Session, examples, json_option


class WholeNumber(click.IntRange):
    """A number within bounds."""

    name = "whole number"


POSITIVE = WholeNumber(min=1)


class _VersionNumber(WholeNumber):
    """A version as all output writes it, `v7`, or its bare number."""

    name = "version"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Return the number."""
        digits: Any = str(value).removeprefix("v")
        # What will not do is told as it was typed.
        return super().convert(digits if digits.isdecimal() else value, param, ctx)


VERSION = _VersionNumber(min=1)


@click.group(epilog=examples("signoff requests list", "signoff requests show 12"))
def requests() -> None:
    """Look at transition requests."""


@requests.command(
    "list",
    epilog=examples(
        "signoff requests list",
        "signoff requests list --waiting-for-me",
        "signoff requests list --model churn --status open --json",
    ),
)
@click.option("--model", metavar="NAME", help="Only those about this model.")
@click.option(
    "--status",
    "--state",
    type=click.Choice(get_args(Status)),
    help="Only those in this status.",
)
@click.option("--mine", is_flag=True, help="Only those that you asked for.")
@click.option(
    "--waiting-for-me",
    is_flag=True,
    help="Only those that your approval would move on.",
)
@click.option("--limit", type=POSITIVE, default=50, show_default=True, help="How many.")
@json_option
@click.pass_obj
def list_requests(
    session: Session,
    model: str | None,
    status: Status | None,
    mine: bool,
    waiting_for_me: bool,
    limit: int,
) -> None:
    """List requests, newest first."""
    wanted = session.client.requests(
        model=model, status=status, mine=mine, waiting_for_me=waiting_for_me
    )
    found = list(islice(wanted, limit))
    session.answer({"requests": found}, request_table(found))
    if len(found) == limit and not session.as_json:
        session.notes.print(f"There may be more: --limit {limit * 2} shows them.")


@requests.command(
    "show",
    epilog=examples("signoff requests show 12", "signoff requests show 12 --json"),
)
@click.argument("number", type=POSITIVE)
@json_option
@click.pass_obj
def show_request(session: Session, number: int) -> None:
    """Show request NUMBER: what its gates say, what an approval would do."""
    found = session.client.request(number)
    session.answer(found, *request_page(found))


@click.command(
    epilog=examples(
        "signoff request churn 7 Production --comment 'AUC 0.91 against 0.88.'",
        "signoff request churn 7 @champion --comment 'Better on new customers.'",
    )
)
@click.argument("model")
@click.argument("version", type=VERSION)
@click.argument("target")
@click.option(
    "--comment", metavar="TEXT", default="", help="Why; asked for if left out."
)
@click.option(
    "--archive-existing",
    is_flag=True,
    help="Archive the versions that are in the stage now.",
)
@json_option
@click.pass_obj
def request(
    session: Session,
    model: str,
    version: int,
    target: str,
    comment: str,
    archive_existing: bool,
) -> None:
    """Ask to put VERSION of MODEL into TARGET.

    TARGET is a stage such as Production, or an alias such as @champion.
    """
    created = session.client.create_request(
        model,
        version,
        target,
        comment=session.comment(comment, "Why? Reviewers read it first"),
        archive_existing_versions=archive_existing,
    )
    number = created["number"]
    session.answer(
        created, *request_page(created), f"\nAsked. To follow it: signoff wait {number}"
    )
