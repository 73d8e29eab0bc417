"""A real `manage.py up`, started by tests and looked at from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

ROOT = Path(__file__).parent.parent
START_SECONDS = 240.0
STOP_SECONDS = 30.0
SYNC_SECONDS = 2
UP = ("manage.py", "up")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _database_of_its_own(url: str) -> dict[str, str]:
    """Make an empty database beside the one of the URL, with what must go with it."""
    name = f"signoff_{os.getpid()}_{free_port()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return {
        "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}",
        "SIGNOFF_SECRET_KEY": "a key that is only used by tests",
        "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of the tests",
    }


def _drop_database(url: str) -> None:
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


def wait_for(
    condition: Callable[[], bool], *, seconds: float, what: str, pause: float = 0.1
) -> None:
    """Return when the condition holds.

    Raises:
        AssertionError: it does not within that time; says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s: {what}")


def processes(environ: Mapping[str, str]) -> dict[int, str]:
    """Return all processes with the environment's data dir: id → command line."""
    entry = f"SIGNOFF_DATA_DIR={environ['SIGNOFF_DATA_DIR']}".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if entry in (process / "environ").read_bytes().split(b"\0"):
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = line.decode()
        except OSError:  # it has ended meanwhile
            continue
    return found


@dataclass(slots=True)
class RunningSignoff:
    """One `manage.py up` with its own data dir and ports."""

    url: str
    mlflow_uri: str
    receiver_url: str
    environment: dict[str, str]
    process: "subprocess.Popen[str]"
    output: list[str] = field(default_factory=list)

    @classmethod
    def launch(
        cls,
        data_dir: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = UP,
    ) -> "RunningSignoff":
        """Start it and return at once.

        Args:
            data_dir: its own, may hold the data of an earlier one.
            arguments: of `manage.py up`.
            environment: more variables.
            program: what stands in for `manage.py up`, as arguments of Python.
        """
        web, mlflow, receiver = (f"127.0.0.1:{free_port()}" for _ in range(3))
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SIGNOFF_", "MLFLOW_", "DJANGO_"))
        }
        if "DATABASE_URL" in kept:
            kept |= _database_of_its_own(kept["DATABASE_URL"])
        variables = {
            **kept,
            "SIGNOFF_DATA_DIR": str(data_dir),
            "SIGNOFF_BIND": web,
            "SIGNOFF_MLFLOW_BIND": mlflow,
            "SIGNOFF_DEMO_RECEIVER_BIND": receiver,
            "SIGNOFF_SYNC_SECONDS": str(SYNC_SECONDS),
            **(environment or {}),
        }
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, *program, *arguments],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running = cls(
            url=f"http://{web}",
            mlflow_uri=variables.get("MLFLOW_TRACKING_URI", f"http://{mlflow}"),
            receiver_url=f"http://{receiver}",
            environment=variables,
            process=process,
        )
        threading.Thread(target=running._collect, daemon=True).start()
        return running

    def _collect(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line.rstrip())

    def wait_until_ready(self) -> None:
        """Return when it says that it is ready.

        Raises:
            RuntimeError: it ended; with what it printed.
        """
        self.wait_until_said("Signoff is ready")

    def wait_until_said(self, text: str) -> None:
        """Return when a line of its output contains the text.

        Raises:
            RuntimeError: it ended; with what it printed.
        """

        def is_said() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError("up ended:\n" + "\n".join(self.output[-40:]))
            return any(text in line for line in self.output)

        try:
            wait_for(is_said, seconds=START_SECONDS, what=f"up says {text!r}")
        except AssertionError as error:
            raise RuntimeError("\n".join(self.output[-40:])) from error

    def manage(self, *arguments: str, stdin: str = "", **variables: str) -> str:
        """Run a command of `manage.py` in the same environment; return its stdout.

        Args:
            arguments: the command and its arguments.
            stdin: what it reads.
            variables: more of its environment.
        """
        finished = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | variables,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            raise RuntimeError(finished.stdout + finished.stderr)
        return finished.stdout

    def received(self) -> list[dict[str, Any]]:
        """Return what the demo's webhook receiver got, newest first."""
        with urllib.request.urlopen(f"{self.receiver_url}/received.json") as answer:  # noqa: S310
            entries: list[dict[str, Any]] = json.load(answer)
            return entries

    def stop(self) -> None:
        """End it as Ctrl-C's politer sibling does, and wait for the end.

        Raises:
            AssertionError: it did not end as it should, or left a process behind.
        """
        was_running = self.process.poll() is None
        if was_running:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if "DATABASE_URL" in self.environment:
                _drop_database(self.environment["DATABASE_URL"])
        if was_running:
            assert self.process.returncode == 0, "\n".join(self.output[-40:])
            assert processes(self.environment) == {}
