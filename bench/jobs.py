"""Child processes that do one job a line: JSON in, JSON out.

What is timed runs in a process of its own, ours and its peer alike: its memory can be
read, and neither pays for what else the bench has loaded.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
Job = Callable[..., Answer]
ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class Worker:
    """A process that waits for jobs; use it as a context manager."""

    process: "subprocess.Popen[str]"
    log: Path

    @classmethod
    def start(cls, module: str, environment: Mapping[str, str], log: Path) -> "Worker":
        """Start `python -m module`, which calls `serve`.

        Args:
            module: of this package.
            environment: all of its variables.
            log: gets what it writes to stderr.
        """
        with log.open("ab") as stderr:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        return cls(process, log)

    def do(self, job: str, **arguments: Any) -> Answer:
        """Let it do one job.

        Raises:
            RuntimeError: it failed and ended; with the end of its log.
        """
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        assert self.process.stdout is not None  # noqa: S101 - as above
        self.process.stdin.write(json.dumps([job, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            end = self.log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{job} failed:\n{end}")
        answer: Answer = json.loads(line)
        return answer

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        """Close its input, at the end of which it ends."""
        self.process.communicate()


def serve(jobs: Mapping[str, Job]) -> None:
    """Do the jobs that are asked for on stdin until it ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # nothing else may get between the answers
    for line in sys.stdin:
        name, arguments = json.loads(line)
        answers.write(json.dumps(jobs[name](**arguments)) + "\n")
        answers.flush()
