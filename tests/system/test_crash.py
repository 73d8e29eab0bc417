"""A worker killed amid an application: the next one ends it, exactly once on record."""

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.mlflow_server import MLflowServer
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for
from tests.system.gatekeeper import Gatekeeper, Hold

pytestmark = pytest.mark.system

_numbers = count(1)
LEASE_SECONDS = 30
PEOPLE = """
from registry_ui.models import Level
from tests.factories import make_user
make_user(username="dana", level=Level.CAN_EDIT)
make_user(username="rui", level=Level.CAN_MANAGE_PRODUCTION_VERSIONS)
"""


@pytest.fixture(scope="module")
def gatekeeper(mlflow_server: MLflowServer) -> Iterator[Gatekeeper]:
    gatekeeper = Gatekeeper(mlflow_server.uri)
    yield gatekeeper
    gatekeeper.shutdown()
    gatekeeper.server_close()


@pytest.fixture(scope="module")
def signoff(
    gatekeeper: Gatekeeper, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSignoff]:
    running = RunningSignoff.launch(
        tmp_path_factory.mktemp("crash"),
        environment={"MLFLOW_TRACKING_URI": gatekeeper.uri},
    )
    try:
        running.wait_until_ready()
        running.manage("shell", "--no-imports", "-c", PEOPLE)
        yield running
    finally:
        running.stop()


@pytest.fixture
def tokens(signoff: RunningSignoff) -> dict[str, str]:
    return {
        name: signoff.manage("api_token", name).splitlines()[-1]
        for name in ("dana", "rui")
    }


def call(
    signoff: RunningSignoff, token: str, method: str, path: str, body: Any = None
) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{signoff.url}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - as above
        return json.load(answer)


def ask_when_mirrored(signoff: RunningSignoff, token: str, ask: Any) -> int:
    """Ask for a transition of what MLflow has just got; return the number."""
    numbers: list[int] = []

    def is_asked() -> bool:
        try:
            numbers.append(call(signoff, token, "POST", "/requests", ask)["number"])
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise AssertionError(error.read()) from error
        return bool(numbers)

    wait_for(is_asked, seconds=SYNC_SECONDS + 30, what="mirrored", pause=0.5)
    return numbers[0]


def worker_pids(signoff: RunningSignoff) -> set[int]:
    """Return the worker's processes: children of this very `up`."""
    mark = f"SIGNOFF_DATA_DIR={signoff.environment['SIGNOFF_DATA_DIR']}".encode()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().split(b"\0")
            is_ours = mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        is_wrapper = any(b"supervised" in part for part in line)
        is_worker = b"worker" in line and not is_wrapper
        if is_worker and is_ours:
            found.add(int(process.name))
    return found


def approve_and_hold(
    hold: Hold,
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> tuple[str, int]:
    """Bring a promotion to where the gatekeeper holds it; return model and number."""
    name = f"crash-{os.getpid()}-{next(_numbers)}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model")
    plain.transition_model_version_stage(name, "1", "Production")
    ask = {
        "model": name,
        "version": 2,
        "target": "stage:Production",
        "comment": "Better.",
        "archive_existing_versions": True,
    }
    number = ask_when_mirrored(signoff, tokens["dana"], ask)
    gatekeeper.reached.clear()
    gatekeeper.hold = hold
    review = {"decision": "approve"}
    call(signoff, tokens["rui"], "POST", f"/requests/{number}/reviews", review)
    assert gatekeeper.reached.wait(30), "the worker calls MLflow"
    return name, number


def test_a_killed_worker_costs_time_and_nothing_else(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    mlflow_server: MLflowServer,
    tokens: dict[str, str],
) -> None:
    plain = MlflowClient(mlflow_server.uri, mlflow_server.uri)
    promotions = [
        approve_and_hold(hold, signoff, gatekeeper, plain, tokens)
        for hold in (Hold.BEFORE, Hold.AFTER)
    ]
    before = worker_pids(signoff)
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    gatekeeper.hold = Hold.NOWHERE

    for name, number in promotions:

        def is_applied(number: int = number) -> bool:
            found = call(signoff, tokens["dana"], "GET", f"/requests/{number}")
            return bool(found["status"] == "applied")

        wait_for(is_applied, seconds=LEASE_SECONDS + 60, what="the request is applied")
        stages = [plain.get_model_version(name, n).current_stage for n in ("1", "2")]
        assert stages == ["Archived", "Production"]
        recorded = signoff.manage("shell", "--no-imports", "-c", EVENTS.format(number))
        assert recorded.split() == [
            "transition_request.created",
            "review.given",
            "transition_request.approved",
            "model_version.transitioned",
            "model_version.transitioned",
            "transition_request.applied",
        ]
    assert gatekeeper.transitions == len(promotions)
    assert worker_pids(signoff).isdisjoint(before)
    signoff.manage("audit", "verify")


EVENTS = """
from registry_ui.models import AuditEvent
for row in AuditEvent.objects.filter(request_number={}).order_by("position"):
    print(row.type)
"""
