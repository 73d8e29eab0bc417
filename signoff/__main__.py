"""`signoff`, the command line, which `python -m signoff` is too."""

import sys
from io import TextIOWrapper

from signoff.command_line import cli


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # What a terminal cannot write shall not end the command.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="signoff")


if __name__ == "__main__":
    main()
