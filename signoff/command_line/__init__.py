"""The command line: docs/cli.md describes it."""

from signoff.command_line.account import whoami
from signoff.command_line.checks import check
from signoff.command_line.comparison import compare
from signoff.command_line.decisions import approve, cancel, reject
from signoff.command_line.requests import request, requests
from signoff.command_line.root import cli
from signoff.command_line.tokens import token
from signoff.command_line.waiting import wait

for command in (
    requests,
    request,
    approve,
    reject,
    cancel,
    wait,
    check,
    compare,
    whoami,
    token,
):
    cli.add_command(command)

__all__ = ["cli"]
