"""Report checks from CI, and read them."""

from typing import get_args

import click
from rich.text import Text

from signoff.answers import Verdict
from signoff.command_line.looks import moment, table, word
from signoff.command_line.requests import VERSION
from signoff.command_line.session import Session, examples, json_option

COLUMNS = ["check", "verdict", "by", "reported (UTC)", "link", "text"]


@click.group(
    epilog=examples(
        "signoff check report churn 7 fairness passed", "signoff check list churn 7"
    )
)
def check() -> None:
    """Report and read checks: verdicts of outside systems on versions."""


@check.command(
    epilog=examples(
        "signoff check report churn 7 fairness pending",
        "signoff check report churn 7 fairness passed"
        " --link https://ci.example.com/builds/812",
    )
)
@click.argument("model")
@click.argument("version", type=VERSION)
@click.argument("name")
@click.argument("verdict", type=click.Choice(get_args(Verdict)))
@click.option("--link", metavar="URL", default="", help="Where the details are.")
@click.option("--text", metavar="TEXT", default="", help="What was found.")
@json_option
@click.pass_obj
def report(
    session: Session,
    model: str,
    version: int,
    name: str,
    verdict: Verdict,
    link: str,
    text: str,
) -> None:
    """Report VERDICT of the check NAME on VERSION of MODEL.

    It replaces the last one of that name, which stays on record.
    """
    reported = session.client.report_check(
        model, version, name, verdict, link=link, text=text
    )
    session.answer(reported, f"Reported: {name} {verdict} on {model} v{version}.")


@check.command(
    "list",
    epilog=examples("signoff check list churn 7", "signoff check list churn 7 --json"),
)
@click.argument("model")
@click.argument("version", type=VERSION)
@json_option
@click.pass_obj
def list_checks(session: Session, model: str, version: int) -> None:
    """List the newest verdict of each check on VERSION of MODEL."""
    found = session.client.checks(model, version)
    rows: list[list[Text | str]] = [
        [
            item["name"],
            word(item["verdict"]),
            item["reported_by"],
            moment(item["reported_at"]),
            item["link"],
            item["text"],
        ]
        for item in found
    ]
    shown = table(COLUMNS, rows) if found else "There are no checks on it."
    session.answer({"checks": found}, shown)
