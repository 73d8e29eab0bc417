"""A worker killed amid an application: the next one ends it, exactly once on record."""

import itertools
import os
import signal
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.running import RunningSignoff
from tests.system.gatekeeper import ALIAS, TRANSITION, Gatekeeper, Hold
from tests.system.promotions import (
    EVENTS_OF_A_COUPLED_ONE,
    approve,
    ask_for_coupled_promotion,
    champion,
    couple_champion,
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
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    token: str,
    number: int,
    at: tuple[str, Hold],
) -> None:
    """Bring a promotion to the call that the gatekeeper holds."""
    gatekeeper.reached.clear()
    gatekeeper.held_path, gatekeeper.hold = at
    approve(signoff, token, number)
    assert gatekeeper.reached.wait(30), f"the worker calls {at}"


def test_a_worker_killed_between_any_two_steps_costs_time_and_nothing_else(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
    """Before the first step, between any two, and after the last, not yet recorded.

    Moving and archiving are one call and one transaction of MLflow's. A worker has four
    threads: each is held at another point, and one kill ends them all.
    """
    points = list(itertools.product((TRANSITION, ALIAS), (Hold.BEFORE, Hold.AFTER)))
    couple_champion(signoff)
    promotions = [
        ask_for_coupled_promotion(signoff, tokens["dana"], plain) for _ in points
    ]
    for (_, number), point in zip(promotions, points, strict=True):
        approve_and_hold(signoff, gatekeeper, tokens["rui"], number, point)
    before = worker_pids(signoff)
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    gatekeeper.hold = Hold.NOWHERE

    for name, number in promotions:
        wait_until_applied(signoff, tokens["dana"], number, seconds=LEASE_SECONDS + 60)
        assert stages(plain, name) == ["Archived", "Production"]
        assert champion(plain, name) == "2"
        assert recorded_events(signoff, number) == EVENTS_OF_A_COUPLED_ONE
    assert gatekeeper.transitions == len(promotions)
    assert worker_pids(signoff).isdisjoint(before)
    signoff.manage("audit", "verify")
