"""Run MLflow's own registry tests past the gate and through it, and compare.

    python -m tests.mlflow_suite CHECKOUT [TEST …]

CHECKOUT is MLflow's repository, at the version that is installed; without TESTs, all
of `SUITES` are run. docs/gate.md says what must be installed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.managers import BaseManager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from bench.jobs import Worker
from tests.mlflow_server import MLflowServer
from tests.running import RunningSignoff
from tests.system.gatekeeper import Gatekeeper

SUITES = (
    "tests/tracking/test_model_registry.py",
    "tests/tracking/_model_registry",
    "tests/tracking/test_client.py",
    "tests/tracking/test_client_webhooks.py",
    "tests/store/model_registry/test_rest_store.py",
    "tests/store/model_registry/test_rest_store_webhooks.py",
    "tests/store/model_registry/test_sqlalchemy_store.py",
    "tests/webhooks",
    "tests/genai/prompts/test_prompts.py",
)
HERE = Path(__file__).parent
ADMIN = """
from tests.factories import make_user
make_user(username="ada", is_superuser=True)
"""
OF_WEBHOOKS = {
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": f"{'k' * 43}=",
}
Outcomes = dict[str, tuple[str, str]]
"""Of each case: `passed`, `failed` or `skipped`, and why."""


@dataclass(slots=True)
class Control:
    """What the plugin asks of us; each test has a registry of its own.

    Attributes:
        server: serves whichever database its own is a link to.
        empty: a database in which nothing is registered.
        has_workspaces: does the server have any?
        keeper: what Signoff takes for MLflow, if the tests go through the gate.
        syncs: brings Signoff's mirror up to date.
        address: of the gate and the administrator's token, or twice nothing.
    """

    server: MLflowServer
    empty: Path
    has_workspaces: bool
    keeper: Gatekeeper | None = None
    syncs: Worker | None = None
    address: tuple[str, str] = "", ""

    def gate(self) -> tuple[str, str]:
        """Return where the gate is, and the token."""
        return self.address

    def serve(self, database: str) -> str:
        """Let the server serve this database; return its address."""
        link = self.server.folder / "link"
        link.symlink_to(database)
        link.rename(self.server.folder / "mlflow.db")
        return self.server.uri

    def stand_before(self, server: str) -> None:
        """Let the gate stand before this server, whose registry it never saw."""
        if self.keeper is None or self.syncs is None:
            raise RuntimeError("There is no gate in this run.")
        served = (self.server.folder / "mlflow.db").resolve()
        self.serve(str(self.empty))
        self.keeper.upstream = urlsplit(self.server.uri)
        self.syncs.do("fill")
        self.serve(str(served))
        self.keeper.upstream = urlsplit(server)


def _listen(control: Control) -> str:
    """Take calls in a thread; return the address."""

    class Manager(BaseManager):
        """Lets another process call `Control`."""

    Manager.register("control", callable=lambda: control)
    manager = Manager(("127.0.0.1", 0), authkey=b"mlflow suite")
    server = manager.get_server()
    Thread(target=server.serve_forever, daemon=True).start()
    address: Any = server.address  # host and port
    return "{}:{}".format(*address)


@contextmanager
def _mlflow(folder: Path, *, has_workspaces: bool) -> Iterator[Control]:
    environment = {**OF_WEBHOOKS, "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool"}
    if has_workspaces:
        environment["MLFLOW_ENABLE_WORKSPACES"] = "true"
    server = MLflowServer.launch(folder, environment=environment)
    try:
        server.wait_until_ready()
        empty = folder / "empty.db"
        shutil.copy(folder / "mlflow.db", empty)
        control = Control(server, empty, has_workspaces)
        control.serve(str(empty))
        yield control
    finally:
        server.stop()


@contextmanager
def _gate(control: Control, folder: Path) -> Iterator[Control]:
    keeper = Gatekeeper(control.server.uri)
    signoff = RunningSignoff.launch(
        folder,
        environment={
            "MLFLOW_TRACKING_URI": keeper.uri,
            "SIGNOFF_DEFAULT_POLICY": "open",
            # Each test has another MLflow: only we say when to look at it.
            "SIGNOFF_SYNC_SECONDS": "86400",
        },
    )
    log = folder / "syncs.log"
    try:
        signoff.wait_until_ready()
        signoff.manage("shell", "--no-imports", "-c", ADMIN)
        token = signoff.manage("api_token", "ada").splitlines()[-1]
        with Worker.start("bench.product", signoff.environment, log) as syncs:
            address = signoff.url, token
            yield replace(control, keeper=keeper, syncs=syncs, address=address)
    finally:
        signoff.stop()
        keeper.shutdown()


def _run(checkout: Path, tests: Sequence[str], control: Control, log: Path) -> Outcomes:
    """Run MLflow's tests once, in a process of their own."""
    has = "enabled" if control.has_workspaces else "disabled"
    report = log.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-p", "mlflow_through_gate"]
    command += ["-p", "no:randomly", "-p", "no:django", f"--junitxml={report}", *tests]
    with log.open("wb") as output:
        subprocess.run(  # noqa: S603 - our own interpreter
            command,
            cwd=checkout,
            env={
                **os.environ,
                "PYTHONPATH": f"{HERE}:{os.environ.get('PYTHONPATH', '')}",
                "SIGNOFF_SUITE_CONTROL": _listen(control),
                "SIGNOFF_SUITE_WORKSPACES": has,
                # Four workers would take longer to start than its tests wait.
                "MLFLOW_WORKERS": "1",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return _outcomes(report)


def _without(
    checkout: Path, tests: Sequence[str], folder: Path, *, has_workspaces: bool
) -> Outcomes:
    with _mlflow(folder / "without", has_workspaces=has_workspaces) as control:
        return _run(checkout, tests, control, folder / "without.log")


def _through(
    checkout: Path, tests: Sequence[str], folder: Path, *, has_workspaces: bool
) -> Outcomes:
    with (
        _mlflow(folder / "through", has_workspaces=has_workspaces) as control,
        _gate(control, folder / "signoff") as gated,
    ):
        return _run(checkout, tests, gated, folder / "through.log")


def _outcomes(report: Path) -> Outcomes:
    found: Outcomes = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest's, just made
        name = f"{case.get('classname')}::{case.get('name')}"
        bad = case.find("failure")
        if bad is None:
            bad = case.find("error")
        if bad is not None:
            found[name] = "failed", bad.get("message") or ""
        elif case.find("skipped") is not None:
            found.setdefault(name, ("skipped", ""))
        else:
            found.setdefault(name, ("passed", ""))
    return found


def _deliberate() -> dict[str, str]:
    """Return the cases that differ as docs/gate.md says: name → what stands there."""
    lines = (HERE / "differences.txt").read_text().splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return {name: why for why, _, name in (row.partition(": ") for row in rows)}


def _compare(direct: Outcomes, gated: Outcomes) -> int:
    """Tell what both runs gave; return how many cases differ and should not."""
    deliberate, counts, wrong = _deliberate(), Counter[tuple[str, str]](), 0
    for name, (outcome, reason) in direct.items():
        suite = name.partition("::")[0]
        through, why = gated.get(name, ("missing", "it was not run"))
        counts[suite, "cases"] += 1
        counts[suite, f"{outcome} without"] += 1
        counts[suite, f"{through} through"] += 1
        if outcome == through:
            alike = _without_chance(reason) == _without_chance(why)
            counts[suite, "failed with other words"] += not alike
            if not alike:
                _tell(f"fails with other words: {name}", reason[:300], why[:300])
            continue
        if name in deliberate:
            counts[suite, "deliberate"] += 1
            _tell(f"deliberate: {name}\n    {deliberate[name]}")
            continue
        wrong += 1
        _tell(
            f"DIFFERS: {name}: {outcome}, {through} through the gate\n    {why[:600]}"
        )
    columns = (
        "cases",
        "passed without",
        "passed through",
        "deliberate",
        "failed with other words",
    )
    for suite in dict.fromkeys(suite for suite, _ in counts):
        _tell(suite, *(f"{counts[suite, name]} {name}" for name in columns))
    return wrong


def _without_chance(text: str) -> str:
    """Leave out what differs from run to run: numbers, ids and ports."""
    return re.sub(r"[0-9a-f-]{8,}|[0-9]+", "", text)


def _tell(*words: str) -> None:
    sys.stdout.write(f"{' · '.join(words)}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mlflow_suite")
    parser.add_argument("checkout", type=Path, help="MLflow's repository.")
    parser.add_argument("tests", nargs="*", default=SUITES, help="Paths in there.")
    parser.add_argument(
        "--workspaces", action="store_true", help="Let MLflow have workspaces."
    )
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mlflow-suite-"))
    _tell(f"What the tests say goes to {folder}.")
    run = given.checkout, given.tests, folder
    with ThreadPoolExecutor() as side_by_side:  # they wait more than they compute
        direct = side_by_side.submit(_without, *run, has_workspaces=given.workspaces)
        through = _through(*run, has_workspaces=given.workspaces)
    return 1 if _compare(direct.result(), through) else 0


if __name__ == "__main__":
    sys.exit(main())
