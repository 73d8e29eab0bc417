"""`signoff` as people and scripts call it, against one running product."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.running import ROOT, SYNC_SECONDS, RunningSignoff, wait_for

VERSIONS = 8
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A call of the command line that has ended."""

    status: int
    answer: str
    notes: str

    @property
    def content(self) -> Any:
        """Return the answer, which is JSON."""
        return json.loads(self.answer)


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def environment(signoff: RunningSignoff) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SIGNOFF_")}
    return kept | {"SIGNOFF_URL": signoff.url, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def run(environment: Mapping[str, str], tokens: dict[str, str]) -> Run:
    """Run the command line in the hands of Dana, or of who is named."""

    def run_one(*arguments: str, by: str = "dana") -> Ended:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "signoff", *arguments],
            env={**environment, "SIGNOFF_TOKEN": tokens.get(by, by)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run_one


_names = count(1)


@pytest.fixture(scope="module")
def model(signoff: RunningSignoff, plain_of_module: MlflowClient, run: Run) -> str:
    """A model with eight versions that Signoff knows."""
    name = f"commanded-{os.getpid()}-{next(_names)}"
    plain_of_module.create_registered_model(name)
    for _ in range(VERSIONS):
        plain_of_module.create_model_version(name, "s3://bucket/model")

    wait_for(
        lambda: run("check", "list", name, str(VERSIONS)).status == 0,
        seconds=SYNC_SECONDS + 30,
        what="the versions are mirrored",
    )
    return name


@pytest.fixture(scope="module")
def plain_of_module(running_mlflow: Any) -> MlflowClient:
    return MlflowClient(running_mlflow.uri, running_mlflow.uri)


@pytest.fixture
def number(run: Run, model: str) -> int:
    """An open request of Dana's: version 7 to Staging."""
    asked = ask(run, model, "7", "Staging")
    assert asked.status == 0, asked.notes
    found: int = asked.content["number"]
    return found


def ask(run: Run, model: str, version: str, target: str) -> Ended:
    """Ask, after withdrawing what an earlier test left open."""
    left = run("requests", "list", "--model", model, "--status", "open", "--json")
    for request in left.content["requests"]:
        assert run("cancel", str(request["number"])).status == 0
    return run("request", model, version, target, "--comment", "Better.", "--json")
