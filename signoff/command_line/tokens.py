"""Make, see and revoke one's own API tokens."""

from typing import get_args

import click

from signoff.answers import OwnToken, Scope
from signoff.command_line.looks import moment, table
from signoff.command_line.requests import POSITIVE
from signoff.command_line.session import Session, examples, json_option

COLUMNS = [
    "#",
    "name",
    "token",
    "good for",
    "made with",
    "last used (UTC)",
    "ends (UTC)",
]


@click.group(
    epilog=examples(
        "signoff token list", "signoff token create nightly --scope read --days 30"
    )
)
def token() -> None:
    """Make, see and revoke your API tokens."""


@token.command(
    "list", epilog=examples("signoff token list", "signoff token list --json")
)
@json_option
@click.pass_obj
def list_tokens(session: Session) -> None:
    """List your tokens, newest first; revoked and expired ones, too."""
    found = list(session.client.tokens())
    rows = [
        [
            str(one["id"]),
            one["name"],
            f"{one['prefix']}…",
            ", ".join(one["scopes"]),
            f"{one['made_with']}…" if one["made_with"] else "",
            moment(one["used_at"]) if one["used_at"] else "never",
            _end(one),
        ]
        for one in found
    ]
    session.answer({"tokens": found}, table(COLUMNS, rows))


@token.command(
    epilog=examples(
        "signoff token create nightly --scope read --days 30",
        "signoff token create ci --scope read --scope check > token",
    )
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(get_args(Scope)),
    help="What it is good for; may be given several times.",
)
@click.option(
    "--days",
    type=POSITIVE,
    help="How long it works; else until it is revoked, or as long as your own.",
)
@click.option(
    "--open-requests",
    is_flag=True,
    help="Ask for a move that needs a request, in the same call.",
)
@json_option
@click.pass_obj
def create(
    session: Session,
    name: str,
    scopes: tuple[Scope, ...],
    days: int | None,
    open_requests: bool,
) -> None:
    """Make a token called NAME; its secret is all that is written, this once.

    Your own token needs the scope admin, and makes none that is stronger than itself.
    """
    made = session.client.create_token(
        name, scopes, days=days, opens_requests=open_requests
    )
    try:
        session.answer(made, made["secret"])
    except OSError as error:
        error.add_note(
            f"The token was made all the same: `signoff token revoke {made['id']}` ends"
            " it."
        )
        raise
    if not session.as_json:
        session.notes.print(f"Token {made['id']}; ends: {_end(made)}.")


@token.command(
    epilog=examples("signoff token revoke 34", "signoff token revoke 34 --json")
)
@click.argument("token_id", metavar="ID", type=POSITIVE)
@json_option
@click.pass_obj
def revoke(session: Session, token_id: int) -> None:
    """Let your token ID, as `signoff token list` numbers it, work no longer."""
    session.client.revoke_token(token_id)
    session.answer({}, f"Revoked: token {token_id}.")


def _end(one: OwnToken) -> str:
    if one["revoked_at"]:
        return "revoked"
    return moment(one["expires_at"]) if one["expires_at"] else "never"
