"""Real supervisors with real children: small Python programs that misbehave."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.supervisor import (
    Patience,
    Program,
    ProgramFailed,
    StopRequested,
    Supervisor,
)

ROOT = Path(__file__).parents[2]
QUICK = Patience(delays=(0.01,), forget=60, attempts=3, grace=5)
SLEEP = "import time; print('awake', flush=True); time.sleep(600)"
IGNORE_SIGTERM = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEP}"
WITH_GRANDCHILD = (
    "import subprocess, sys;"
    f" subprocess.run([sys.executable, '-c', {IGNORE_SIGTERM!r}])"
)
# What a supervisor does whose process the tests send signals to.
DRIVER = """
import os, signal, sys
from config.supervisor import Patience, Program, StopRequested, Supervisor

signal.signal(signal.SIGHUP, getattr(signal, os.environ.get("SIGHUP", "SIG_DFL")))
with Supervisor(os.environ, lambda line: print(line, flush=True),
                Patience(grace=float(sys.argv[1]))) as supervisor:
    for number, code in enumerate(sys.argv[2:]):
        supervisor.start(Program(f"child{number}", [sys.executable, "-c", code]))
    try:
        supervisor.wait()
    except StopRequested:
        pass
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"
)


def python(code: str, name: str = "child", **options: object) -> Program:
    return Program(name, [sys.executable, "-c", code], **options)  # type: ignore[arg-type]  # forwarded as given


def always() -> bool:
    return True


def eventually(condition: Callable[[], object], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Mark:
    """An environment variable by which all descendants of a supervisor are found."""

    def __init__(self) -> None:
        self.environ = {**os.environ, "SUPERVISOR_TEST": uuid.uuid4().hex}

    def pids(self) -> list[int]:
        entry = f"SUPERVISOR_TEST={self.environ['SUPERVISOR_TEST']}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if entry in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except OSError:  # it has ended meanwhile
                continue
        return found

    def pid_running(self, text: str) -> int:
        """Return the one descendant that has the text as its first argument."""
        (pid,) = [
            pid
            for pid in self.pids()
            if Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:2]
            == [text.encode()]
        ]
        return pid


@pytest.fixture
def mark() -> Iterator[Mark]:
    mark = Mark()
    yield mark
    for pid in mark.pids():
        os.kill(pid, signal.SIGKILL)


@contextmanager
def driver(
    mark: Mark, *codes: str, grace: float = 5
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - a program of this file
        [sys.executable, "-c", DRIVER, str(grace), *codes],
        cwd=ROOT,
        env=mark.environ,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        for _ in codes:
            assert "awake" in process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_each_line_of_output_is_prefixed_with_the_name(mark: Mark) -> None:
    said: list[str] = []
    code = r"import sys; print('one\ntwo'); sys.stderr.write('a\tb'); print('ü\x1b[0m')"

    with Supervisor(mark.environ, said.append) as supervisor:
        supervisor.run(python(code, name="web"))

    assert said[:2] == ["web      | one", "web      | two"]
    assert set("".join(said[2:])) >= set("ab\tü")


def test_output_without_line_ends_is_shown_in_pieces(mark: Mark) -> None:
    said: list[str] = []

    with Supervisor(mark.environ, said.append) as supervisor:
        supervisor.run(python("print('x' * 200_000)"))

    assert sum(line.count("x") for line in said) == 200_000
    assert max(map(len, said)) < 70_000


def test_a_reader_that_is_gone_does_not_stop_the_children(mark: Mark) -> None:
    def refuse(_line: str) -> None:
        raise BrokenPipeError

    with Supervisor(mark.environ, refuse) as supervisor:
        supervisor.run(python("print('x' * 1_000_000)"))


def test_a_child_that_ends_is_started_again_with_growing_delay(mark: Mark) -> None:
    said: list[str] = []
    patience = Patience(delays=(0.01, 0.02, 0.04))
    code = "import time; time.sleep(.5); exit(3)"

    with Supervisor(mark.environ, said.append, patience) as supervisor:
        supervisor.start(python(code, probe=always))
        assert eventually(lambda: len(said) >= 4)

    again = "up       | child ended with exit status 3; starting it again in"
    assert said[:4] == [f"{again} {delay} s" for delay in (0.01, 0.02, 0.04, 0.04)]


def test_a_child_that_was_up_for_long_starts_with_the_first_delay(mark: Mark) -> None:
    said: list[str] = []
    patience = Patience(delays=(0.01, 60), forget=0.1)
    code = "import time; time.sleep(.5)"

    with Supervisor(mark.environ, said.append, patience) as supervisor:
        supervisor.start(python(code, probe=always))
        assert eventually(lambda: len(said) >= 3)

    assert all(line.endswith("in 0.01 s") for line in said[:3])


def test_a_child_that_a_signal_kills_is_started_again_for_ever(mark: Mark) -> None:
    said: list[str] = []
    code = "import os; os.kill(os.getpid(), 9)"

    with Supervisor(mark.environ, said.append, QUICK) as supervisor:
        supervisor.start(python(code))
        assert eventually(lambda: len(said) >= 3 * QUICK.attempts)

    assert all("was killed by SIGKILL; starting it again" in line for line in said)


def test_a_child_that_was_never_ready_stops_everything(mark: Mark) -> None:
    with Supervisor(mark.environ, str, QUICK) as supervisor:
        supervisor.start(python(SLEEP, name="good"))
        supervisor.start(python("exit(7)", name="bad"))
        with pytest.raises(ProgramFailed) as failure:
            supervisor.wait()

    assert str(failure.value) == (
        "bad stopped 3 times before it was ready: it ended with exit status 7;"
        " its output above says why."
    )
    assert not mark.pids()


def test_a_child_that_was_ready_once_may_fail_for_ever(mark: Mark) -> None:
    said: list[str] = []
    code = "import time; time.sleep(.5); exit(1)"

    with Supervisor(mark.environ, said.append, QUICK) as supervisor:
        supervisor.start(python(code, probe=always))
        assert eventually(lambda: len(said) > QUICK.attempts)


def test_a_child_without_a_probe_is_ready_once_it_has_settled(mark: Mark) -> None:
    with Supervisor(mark.environ, str) as supervisor:
        supervisor.start(python(SLEEP, settle_seconds=0.2))
        supervisor.wait_ready("child", seconds=30)


def test_a_child_that_takes_too_long_to_be_ready_is_an_error(mark: Mark) -> None:
    with Supervisor(mark.environ, str) as supervisor:
        supervisor.start(python(SLEEP))
        with pytest.raises(ProgramFailed, match=r"was not ready after 0\.3 seconds"):
            supervisor.wait_ready("child", seconds=0.3)


def test_a_program_that_runs_once_and_fails_is_an_error(mark: Mark) -> None:
    program = python("exit(4)", name="seed")

    with (
        Supervisor(mark.environ, str) as supervisor,
        pytest.raises(ProgramFailed, match=r"^seed ended with exit status 4\.$"),
    ):
        supervisor.run(program)


def test_what_a_dead_child_leaves_behind_is_ended(mark: Mark) -> None:
    said: list[str] = []
    code = (
        "import os, subprocess, sys;"
        f" subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); os.kill(os.getpid(), 9)"
    )

    with Supervisor(mark.environ, said.append, Patience(delays=(60,))) as supervisor:
        supervisor.start(python(code))

        # The left-over holds the output open: the end of that is not waited for.
        assert eventually(lambda: "starting it again" in "".join(said))
        assert eventually(lambda: not mark.pids())


def test_a_killed_wrapper_takes_its_command_along_and_both_return(mark: Mark) -> None:
    said: list[str] = []

    with Supervisor(mark.environ, said.append, QUICK) as supervisor:
        supervisor.start(python(WITH_GRANDCHILD))
        assert eventually(lambda: len(said) == 1)
        before = set(mark.pids())

        os.kill(mark.pid_running("-I"), signal.SIGKILL)

        assert eventually(lambda: len(said) == 3)
        assert "was killed by SIGKILL" in said[1]
        assert len(before) == 3
        assert before.isdisjoint(mark.pids())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_and_leaves_nothing(mark: Mark, number: int) -> None:
    with driver(mark, SLEEP, SLEEP) as process:
        process.send_signal(number)

        assert process.wait(timeout=30) == 0
        assert not mark.pids()


def test_a_signal_that_another_thread_receives_is_heard(mark: Mark) -> None:
    def receive() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    with Supervisor(mark.environ, str) as supervisor:
        threading.Timer(0.2, receive).start()

        with pytest.raises(StopRequested, match="SIGTERM"):
            supervisor.wait()


def test_nohup_is_respected(mark: Mark) -> None:
    mark.environ["SIGHUP"] = "SIG_IGN"

    with driver(mark, SLEEP) as process:
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)


def test_what_ignores_sigterm_is_killed_after_some_grace(mark: Mark) -> None:
    with driver(mark, SLEEP, WITH_GRANDCHILD, IGNORE_SIGTERM, grace=0.5) as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 0
        assert process.stdout
        assert "killing what has not stopped: child2" in process.stdout.read()
        assert not mark.pids()


def test_a_second_ctrl_c_kills_at_once(mark: Mark) -> None:
    with driver(mark, IGNORE_SIGTERM, grace=600) as process:
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=30) == 0
        assert not mark.pids()


def test_children_and_theirs_end_when_the_supervisor_is_killed(mark: Mark) -> None:
    with driver(mark, SLEEP, WITH_GRANDCHILD, IGNORE_SIGTERM) as process:
        assert len(mark.pids()) == 1 + 2 + 3 + 2

        process.kill()
        process.wait()

        assert eventually(lambda: not mark.pids(), seconds=5)


def test_signal_handlers_are_given_back(mark: Mark) -> None:
    before = signal.getsignal(signal.SIGTERM)

    with Supervisor(mark.environ, str) as supervisor:
        supervisor.start(python(SLEEP))
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequested, match="SIGTERM"):
            supervisor.wait()

    assert signal.getsignal(signal.SIGTERM) is before
