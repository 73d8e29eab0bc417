"""A worker killed amid an application: the next one ends it, exactly once on record."""

import os
import signal
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.running import RunningSignoff
from tests.system.gatekeeper import Gatekeeper, Hold
from tests.system.promotions import (
    EVENTS_OF_A_PROMOTION,
    approve,
    ask_for_promotion,
    recorded_events,
    stages,
    wait_until_applied,
)

pytestmark = pytest.mark.system

LEASE_SECONDS = 30


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
    name, number = ask_for_promotion(signoff, tokens["dana"], plain)
    gatekeeper.reached.clear()
    gatekeeper.hold = hold
    approve(signoff, tokens["rui"], number)
    assert gatekeeper.reached.wait(30), "the worker calls MLflow"
    return name, number


def test_a_killed_worker_costs_time_and_nothing_else(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
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
        wait_until_applied(signoff, tokens["dana"], number, seconds=LEASE_SECONDS + 60)
        assert stages(plain, name) == ["Archived", "Production"]
        assert recorded_events(signoff, number) == EVENTS_OF_A_PROMOTION
    assert gatekeeper.transitions == len(promotions)
    assert worker_pids(signoff).isdisjoint(before)
    signoff.manage("audit", "verify")
