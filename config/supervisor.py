"""Keeps child processes running: starts, prefixes their output, restarts, stops.

Each child has a thread that starts it, waits for it and starts it again; another one
copies its output. The main thread waits at one inbox, into which signals and given-up
children are put (`SimpleQueue.put` is safe in a signal handler, `Event.set` is not).
How children end when this process is killed: see `config/supervised.py`.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from config.supervised import SIGNALLED

_WRAPPER = str(Path(__file__).with_name("supervised.py"))
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LONGEST_LINE = 64 * 1024  # bytes; a longer one is shown in pieces
_LOOK_SECONDS = 0.1
_LISTEN_SECONDS = 1


class StopRequested(Exception):  # noqa: N818 - a wish, not an error
    """Somebody sent SIGINT (Ctrl-C), SIGTERM or SIGHUP."""


class ProgramFailed(Exception):  # noqa: N818 - says what happened
    """A program cannot be kept running; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to keep running.

    Attributes:
        name: the prefix of its output.
        command: the program and its arguments.
        probe: says whether it does its work yet; called in a thread, often. Without one
            a program is ready once it has been up for `settle_seconds`.
    """

    name: str
    command: Sequence[str]
    probe: Callable[[], bool] | None = None
    settle_seconds: float = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds.

    Attributes:
        delays: before the first, second, … restart in a row; the last one repeats.
        forget: a child that was up for so long starts again with the first delay.
        attempts: how often a child that was never ready may end by itself.
        grace: between SIGTERM and SIGKILL.
    """

    delays: Sequence[float] = (1, 2, 4, 8, 16, 30)
    forget: float = 60
    attempts: int = 3
    grace: float = 8


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    thread: threading.Thread | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    status: int | None = None

    @property
    def is_alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Supervisor:
    """Runs programs between `with` and the end of its block, and stops them all there.

    Args:
        environ: the environment of all children.
        say: takes each line to show, without its end; called from several threads, one
            at a time.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        say: Callable[[str], object],
        patience: Patience | None = None,
    ) -> None:
        self._environ = {**environ, "PYTHONUNBUFFERED": "1"}
        self._print = say
        self._patience = patience or Patience()
        self._children: dict[str, _Child] = {}
        self._inbox: queue.SimpleQueue[Exception] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._starting = (
            threading.Lock()
        )  # a child is not started while all are stopped
        self._printing = threading.Lock()
        self._handlers: dict[int, object] = {}
        self._lifeline, self._our_end = -1, -1

    def __enter__(self) -> Self:
        self._lifeline, self._our_end = os.pipe()
        for number in _STOP_SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # `nohup` wants us to outlive the terminal
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stop()
        os.close(self._our_end)
        os.close(self._lifeline)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as it was given

    def start(self, program: Program) -> None:
        """Start a program and keep it running."""
        self._follow(program, self._keep_running)

    def run(self, program: Program) -> None:
        """Run a program once, to its end.

        Raises:
            StopRequested: somebody wants everything to stop.
            ProgramFailed: it, or a program that is kept running, failed.
        """
        child = self._follow(program, self._run_once)
        while child.is_alive:
            self._pause(_LOOK_SECONDS)
        if child.status:
            raise ProgramFailed(f"{program.name} {_ending(child.status)}.")

    def wait_ready(self, name: str, seconds: float) -> None:
        """Wait until a program is ready.

        Raises:
            StopRequested: somebody wants everything to stop.
            ProgramFailed: a program failed, or this one was not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self._children[name].ready.is_set():
            if time.monotonic() > deadline:
                raise ProgramFailed(f"{name} was not ready after {seconds:g} seconds.")
            self._pause(_LOOK_SECONDS)

    def wait(self) -> None:
        """Wait until somebody wants everything to stop, or a program fails.

        Raises:
            StopRequested, ProgramFailed: always one of these.
        """
        # Not in one go: a signal that comes the moment before, or in another thread,
        # does not wake us; Python hears it once we are back.
        while True:
            self._pause(_LISTEN_SECONDS)

    # --- In the main thread -----------------------------------------------------------

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._inbox.put(StopRequested(signal.Signals(number).name))

    def _pause(self, seconds: float) -> None:
        with suppress(queue.Empty):
            raise self._inbox.get(timeout=seconds)

    def _follow(self, program: Program, life: Callable[[_Child], None]) -> _Child:
        child = self._children[program.name] = _Child(program)
        child.thread = threading.Thread(target=life, args=[child], name=program.name)
        child.thread.start()
        return child

    def _stop(self) -> None:
        """End all children: SIGTERM, some grace or a second Ctrl-C, SIGKILL."""
        with self._starting:
            self._stopping.set()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._patience.grace
        while self._names_alive() and time.monotonic() < deadline:
            try:
                self._pause(_LOOK_SECONDS)
            except StopRequested as again:
                if str(again) == "SIGINT":
                    break
            except ProgramFailed:
                continue
        if names := self._names_alive():
            self._say("up", f"killing what has not stopped: {', '.join(names)}")
            self._signal_all(signal.SIGKILL)
        for child in self._children.values():
            if child.thread:
                child.thread.join()

    def _names_alive(self) -> list[str]:
        return [name for name, child in self._children.items() if child.is_alive]

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children.values():
            if process := child.process:
                _signal_group(process.pid, number)

    # --- In a thread for each child ---------------------------------------------------

    def _keep_running(self, child: _Child) -> None:
        in_a_row = own_endings = 0
        name, patience = child.program.name, self._patience
        while True:
            began = time.monotonic()
            self._run_once(child)
            if self._stopping.is_set() or child.status is None:
                return
            ending = _ending(child.status)
            if not (child.ready.is_set() or _was_signalled(child.status)):
                own_endings += 1
                if own_endings >= patience.attempts:
                    self._inbox.put(
                        ProgramFailed(
                            f"{name} stopped {own_endings} times before it was ready:"
                            f" it {ending}; its output above says why."
                        )
                    )
                    return
            if time.monotonic() - began >= patience.forget:
                in_a_row = 0
            delay = patience.delays[min(in_a_row, len(patience.delays) - 1)]
            in_a_row += 1
            self._say("up", f"{name} {ending}; starting it again in {delay:g} s")
            if self._stopping.wait(delay):
                return

    def _run_once(self, child: _Child) -> None:
        """Start the child, wait for its end, and clear up what it leaves behind."""
        with self._starting:
            if self._stopping.is_set():
                return
            try:
                child.process = process = self._spawn(child.program)
            except OSError as error:  # no memory or no process left on this machine
                self._say("up", f"{child.program.name} cannot be started: {error}")
                child.status = os.EX_OSERR
                return
        pump = threading.Thread(
            target=self._pump, args=[child.program.name, process.stdout], daemon=True
        )
        pump.start()
        # For the process and not for the end of its output, which a process that left
        # the group may hold open.
        child.status = self._wait_and_probe(child, process)
        child.process = None
        _signal_group(process.pid, signal.SIGKILL)
        pump.join(timeout=1)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the programs are ours
            # Isolated and without site-packages: quick, and nothing shadows a module.
            [sys.executable, "-I", "-S", _WRAPPER, *program.command],
            env=self._environ,
            stdin=self._lifeline,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _wait_and_probe(self, child: _Child, process: subprocess.Popen[bytes]) -> int:
        program, began = child.program, time.monotonic()
        while not child.ready.is_set():
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=_LOOK_SECONDS)
            is_settled = time.monotonic() - began >= program.settle_seconds
            if program.probe() if program.probe else is_settled:
                child.ready.set()
        return process.wait()

    def _pump(self, name: str, output: IO[bytes]) -> None:
        with output:
            while line := output.readline(_LONGEST_LINE):
                self._say(name, line.decode(errors="replace").rstrip("\r\n"))

    def _say(self, name: str, line: str) -> None:
        # Whoever read our output may be gone; that is no reason to stop, nor to leave
        # the pipes of the children to fill up.
        with self._printing, suppress(OSError, ValueError):
            self._print(f"{name:<8} | {line}")


def _signal_group(group: int, number: signal.Signals) -> None:
    # On macOS a group of which only zombies are left answers EPERM.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _was_signalled(status: int) -> bool:
    return status < 0 or status > SIGNALLED


def _ending(status: int) -> str:
    """Say how a process ended, as the rest of a sentence."""
    if not _was_signalled(status):
        return f"ended with exit status {status}"
    number = -status if status < 0 else status - SIGNALLED
    with suppress(ValueError):
        return f"was killed by {signal.Signals(number).name}"
    return f"was killed by signal {number}"
