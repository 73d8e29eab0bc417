"""What all commands share: the client, where words go, the exit status."""

import json
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import cached_property
from typing import ParamSpec, TextIO, TypeVar

import click
from rich.console import Console, RenderableType

from signoff.client import Client
from signoff.command_line.looks import one_line
from signoff.errors import (
    ConfigurationError,
    NotAllowedError,
    SignoffError,
    UnavailableError,
    WaitTimeoutError,
)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

WIDTH_WITHOUT_TERMINAL = 10_000
"""Columns: what goes to a file or to another program is not wrapped."""


class ExitCode(IntEnum):
    """What a script learns without reading a word."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_ALLOWED = 3
    TIMED_OUT = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


_EXIT_CODES: dict[type[SignoffError], ExitCode] = {
    ConfigurationError: ExitCode.USAGE,
    NotAllowedError: ExitCode.NOT_ALLOWED,
    WaitTimeoutError: ExitCode.TIMED_OUT,
    UnavailableError: ExitCode.UNAVAILABLE,
}


def exit_code(error: SignoffError) -> ExitCode:
    """Return the exit status that tells of an error."""
    return _EXIT_CODES.get(type(error), ExitCode.REFUSED)


class Session:
    """One call of the command line."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self.as_json = False
        self.notes = Console(stderr=True, highlight=False, markup=False, emoji=False)
        """For what is not the answer: progress, questions."""

    @cached_property
    def client(self) -> Client:
        """Return the client.

        Raises:
            ConfigurationError: nobody said which server, or by which token.
        """
        return Client(self._url)

    def answer(self, content: object, *shown: RenderableType) -> None:
        """Write the answer.

        Args:
            content: for scripts, as the server answered it.
            shown: the same for people.
        """
        if self.as_json:
            click.echo(json.dumps(content, indent=2))
        else:
            self.show(*shown)

    def show(self, *shown: RenderableType) -> None:
        """Write for people alone: nothing where the answer is JSON."""
        if self.as_json:
            return
        console = Console(
            width=None if _is_terminal(sys.stdout) else WIDTH_WITHOUT_TERMINAL,
            highlight=False,
            markup=False,
            emoji=False,
        )
        for item in shown:
            console.print(item)

    def complain(self, error: SignoffError) -> None:
        """Write to standard error what went wrong, in the form that was asked for."""
        if self.as_json:
            said = {
                "error_code": error.error_code,
                "message": error.message,
                "status": error.status,
            }
            click.echo(json.dumps(said), err=True)
        else:
            click.echo(f"Error: {one_line(error.message)}", err=True)

    def confirm(self, question: str) -> None:
        """Ask a person whether to go on.

        Raises:
            click.Abort: no.
            click.UsageError: there is nobody to ask.
        """
        self._require_person("Pass --yes")
        click.confirm(question, abort=True, err=True)

    def comment(self, given: str, question: str) -> str:
        """Return the comment, asked for if it was not given.

        Raises:
            click.UsageError: there is nobody to ask.
        """
        if given:
            return given
        self._require_person("Pass --comment")
        answered: str = click.prompt(question, err=True)
        return answered

    def _require_person(self, remedy: str) -> None:
        if self.as_json or not _is_terminal(sys.stdin):
            raise click.UsageError(f"{remedy}: nobody can be asked here.")


def _is_terminal(stream: TextIO | None) -> bool:
    """Is somebody there? A stream that the caller closed is None."""
    return stream is not None and stream.isatty()


def examples(*lines: str) -> str:
    """Return the end of a command's help; each line can be run as it stands."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines)


def json_option(
    command: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Give a command the option to answer scripts."""

    def choose(ctx: click.Context, _: click.Parameter, is_chosen: bool) -> None:
        ctx.obj.as_json = is_chosen

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=choose,
        help="Answer in JSON, as the REST API does; errors too.",
    )(command)
