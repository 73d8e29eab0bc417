"""Run one command for as long as the supervisor lives, and not a moment longer.

The supervisor starts each child through this file, as the leader of a process group of
its own. Standard input is a pipe that nobody writes to and whose other end only the
supervisor holds: when it reaches its end, the supervisor is gone, however it went, and
this process kills its group, itself and the command's own children included. That
works wherever there are pipes; Linux's "parent death signal" would reach only direct
children.

Standard library only, and run by its path: it must start in no time.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

SIGNALLED = 128


def main() -> int:
    """Run the command of our arguments.

    Returns:
        Its exit status, or `SIGNALLED` + the number of the signal that killed it.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _outlive)
    # The command comes from the supervisor, never from a user.
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    status = command.wait()
    return status if status >= 0 else SIGNALLED - status


def _outlive(_number: int, _frame: FrameType | None) -> None:
    """Leave the signal to the command, which gets it too: we wait for its status.

    A function and not SIG_IGN, which the command would inherit.
    """


def _end_with_supervisor() -> None:
    os.read(sys.stdin.fileno(), 1)
    # By our own id and not "0": run by hand, in a group that is not ours, it fails.
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
