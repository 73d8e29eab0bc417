"""What docs/cli.md tells people to run, run as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.running import ROOT
from tests.system.command_line.conftest import Run, ask

pytestmark = pytest.mark.system

DOCUMENT = (ROOT / "docs" / "cli.md").read_text("utf-8")
REVIEWERS = {"approve", "reject"}


def snippets(language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, DOCUMENT, re.DOTALL | re.MULTILINE)


LINES = [
    line
    for snippet in snippets("sh")
    for line in snippet.splitlines()
    if line.startswith("signoff ")
]


@pytest.mark.parametrize("line", LINES)
def test_an_example_can_be_run(line: str, run: Run, model: str) -> None:
    # What was approved cannot be asked for again: it has a version of its own.
    version = "3" if line.startswith("signoff approve") else "5"
    number = str(ask(run, model, version, "Staging").content["number"])
    given = {"12": number, "churn": model}
    if line.startswith("signoff token revoke"):
        made = run("token", "create", "old", "--scope", "read", "--json").content
        given["34"] = str(made["id"])
    words = [given.get(word, word) for word in shlex.split(line)[1:]]
    by = "rui" if words[0] in REVIEWERS else "dana"
    if words[0] == "wait":
        run("cancel", number)

    done = run(*words, by=by)

    assert done.status == (1 if words[0] == "wait" else 0), done.notes
    assert done.answer


def test_the_job_asks_and_waits(
    environment: Mapping[str, str],
    tokens: dict[str, str],
    run: Run,
    model: str,
    tmp_path: Path,
) -> None:
    # `signoff` by itself is there only where the distribution is installed.
    command = tmp_path / "signoff"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m signoff "$@"\n')
    command.chmod(0o755)
    ask(run, model, "6", "Staging")
    variables = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "SIGNOFF_TOKEN": tokens["dana"],
        "MODEL": model,
        "VERSION": "4",
        "TIMEOUT": "1",
    }
    (job,) = snippets("bash")

    done = subprocess.run(  # noqa: S603 - our own document
        ["/bin/bash", "-c", job],
        cwd=tmp_path,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 4, done.stderr
    assert "is open, not passed yet: Approvals." in done.stderr
    assert "serves" not in done.stdout


def test_the_python_code_runs(
    environment: Mapping[str, str], tokens: dict[str, str], run: Run, model: str
) -> None:
    ask(run, model, "6", "Staging")
    (code,) = snippets("python")

    done = subprocess.run(  # noqa: S603 - our own document
        [sys.executable, "-c", code.replace("churn", model)],
        env={**environment, "SIGNOFF_TOKEN": tokens["dana"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "400 INVALID_PARAMETER_VALUE" in done.stdout.splitlines()[-1]
