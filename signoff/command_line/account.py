"""See who one is to the server."""

import click

from signoff.answers import Account
from signoff.command_line.looks import moment
from signoff.command_line.session import Session, examples, json_option


@click.command(epilog=examples("signoff whoami", "signoff whoami --json"))
@json_option
@click.pass_obj
def whoami(session: Session) -> None:
    """Show whose token this is, and how far it reaches."""
    found = session.client.account()
    session.answer(found, *_lines(found))


def _lines(account: Account) -> list[str]:
    name = account["full_name"]
    lines = [f"{account['username']} ({name})" if name else account["username"]]
    if account["is_administrator"]:
        lines.append("An administrator.")
    elif account["level"] is None:
        lines.append("No level on the whole registry; perhaps some on single models.")
    else:
        level = account["level"].replace("_", " ").title()
        lines.append(f"{level} on the whole registry.")
    if token := account["token"]:
        until = token["expires_at"]
        ends = f"until {moment(until)} UTC" if until else "without an end"
        scopes = ", ".join(token["scopes"])
        lines.append(f"Token {token['name']} ({token['prefix']}…): {scopes}; {ends}.")
    return lines
