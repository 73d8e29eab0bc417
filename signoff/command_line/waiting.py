"""Wait for what becomes of a request."""

import click

from signoff.answers import Request
from signoff.client import UNDER_WAY
from signoff.command_line.looks import one_line
from signoff.command_line.requests import POSITIVE, WholeNumber
from signoff.command_line.session import ExitCode, Session, examples, json_option


@click.command(
    epilog=examples("signoff wait 12", "signoff wait 12 --timeout 600 && ./deploy")
)
@click.argument("number", type=POSITIVE)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=WholeNumber(min=0),
    default=3600,
    show_default=True,
    help="How long at most.",
)
@json_option
@click.pass_context
def wait(ctx: click.Context, number: int, timeout: int) -> None:
    """Wait until request NUMBER is carried out, or never will be.

    Exit status: 0 if it was applied, 4 if the time was over before, 1 if it was
    rejected, cancelled, failed or came to nothing otherwise.
    """
    session: Session = ctx.obj
    with session.notes.status(f"Waiting for request {number}"):
        request = session.client.wait(
            number, timeout=timeout, on_change=lambda now: _report(session, now)
        )
    is_applied = request["status"] == "applied"
    failure = f" {one_line(request['failure'])}" if request["failure"] else ""
    session.answer(request, f"Request {number} was {request['status']}.{failure}")
    ctx.exit(ExitCode.DONE if is_applied else ExitCode.REFUSED)


def _report(session: Session, request: Request) -> None:
    """Say how things stand; how they ended is the answer's to say."""
    if request["status"] not in UNDER_WAY:
        return
    said = f"Request {request['number']} is {request['status']}"
    missing = [gate["name"] for gate in request["gates"] if gate["verdict"] != "passed"]
    if missing:
        said += f", not passed yet: {', '.join(missing)}"
    session.notes.print(one_line(f"{said}."))
