"""Approve, reject and withdraw requests."""

import click

from signoff.answers import Decision, Request
from signoff.command_line.looks import request_page
from signoff.command_line.requests import POSITIVE
from signoff.command_line.session import Session, examples, json_option

yes_option = click.option(
    "--yes",
    is_flag=True,
    help="Do not ask; for scripts. What is decided is still shown.",
)
fingerprint_option = click.option(
    "--fingerprint",
    metavar="TEXT",
    help="Decide on what `requests show --json` showed then, and on nothing newer.",
)


@click.command(
    epilog=examples(
        "signoff approve 12 --comment 'Recall holds.'",
        "signoff approve 12 --comment 'Recall holds.' --yes --json",
    )
)
@click.argument("number", type=POSITIVE)
@click.option("--comment", metavar="TEXT", default="", help="What you found.")
@fingerprint_option
@yes_option
@json_option
@click.pass_obj
def approve(
    session: Session, number: int, comment: str, fingerprint: str | None, yes: bool
) -> None:
    """Approve request NUMBER, after a look at it.

    Your approval is bound to what is shown: if that changes before it arrives, nothing
    is decided.
    """
    _decide(session, number, "approve", comment, fingerprint, yes)


@click.command(
    epilog=examples("signoff reject 12 --comment 'Recall fell by 3 points.'")
)
@click.argument("number", type=POSITIVE)
@click.option(
    "--comment", metavar="TEXT", default="", help="Why; asked for if left out."
)
@fingerprint_option
@yes_option
@json_option
@click.pass_obj
def reject(
    session: Session, number: int, comment: str, fingerprint: str | None, yes: bool
) -> None:
    """Reject request NUMBER, after a look at it."""
    _decide(session, number, "reject", comment, fingerprint, yes)


@click.command(epilog=examples("signoff cancel 12 --comment 'Superseded by v8.'"))
@click.argument("number", type=POSITIVE)
@click.option("--comment", metavar="TEXT", default="", help="Why.")
@json_option
@click.pass_obj
def cancel(session: Session, number: int, comment: str) -> None:
    """Withdraw request NUMBER, which is open: your own, or with Can Manage any."""
    session.answer(*_told(session.client.cancel(number, comment=comment)))


def _decide(
    session: Session,
    number: int,
    decision: Decision,
    comment: str,
    fingerprint: str | None,
    yes: bool,
) -> None:
    """Show the request, ask, and decide on just what was shown."""
    shown = session.client.request(number)
    session.show(*request_page(shown), "")
    if decision == "reject":
        comment = session.comment(comment, "Why? The requester reads it")
    if not yes:
        session.confirm(f"{decision.capitalize()} request {number}?")
    decided = session.client.review(
        number,
        decision,
        fingerprint=fingerprint or shown["fingerprint"],
        comment=comment,
    )
    session.answer(*_told(decided))


def _told(request: Request) -> tuple[Request, str]:
    return request, f"Request {request['number']} is {request['status']} now."
