"""`signoff` itself: which server, and how errors are said."""

import errno
import os
import sys
from typing import Any

import click

from signoff.command_line.session import ExitCode, Session, examples, exit_code
from signoff.errors import SignoffError


class _Signoff(click.Group):
    """Says what the client raises in one sentence, with an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except SignoffError as error:
            ctx.obj.complain(error)
            ctx.exit(exit_code(error))
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # Click ends quietly: whoever read has seen enough
            _let_go_of_output()
            ctx.obj.complain(_not_written(error))
            ctx.exit(ExitCode.REFUSED)
        except (KeyboardInterrupt, click.Abort) as end:
            # Click's own prompts turn the one into the other, as they do a plain no.
            if KeyboardInterrupt not in {type(end), type(end.__context__)}:
                raise
            click.echo(err=True)
            ctx.exit(ExitCode.INTERRUPTED)


def _not_written(error: OSError) -> SignoffError:
    said = f"The answer cannot be written: {error.strerror or error}."
    return SignoffError(
        " ".join([said, *getattr(error, "__notes__", [])]), error_code="NOT_WRITTEN"
    )


def _let_go_of_output() -> None:
    """Have Python not try again, as it ends, to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Signoff,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog=examples("signoff requests list", "signoff approve 12 --comment 'Fine.'"),
)
@click.option(
    "--url", metavar="URL", help="Address of the server; else SIGNOFF_URL says it."
)
@click.version_option(package_name="signoff", message="signoff %(version)s")
@click.pass_context
def cli(ctx: click.Context, url: str | None) -> None:
    """Ask for, decide on and follow transitions of MLflow models in Signoff.

    SIGNOFF_TOKEN holds your API token, or SIGNOFF_TOKEN_FILE names a file that does.

    \b
    Exit status: 0 done, 1 refused or not applied, 2 wrong usage, 3 not allowed,
    4 timed out, 5 server not available, 130 interrupted.
    """  # noqa: D301 - Click's sign for lines that it shall not wrap
    ctx.obj = Session(url)
