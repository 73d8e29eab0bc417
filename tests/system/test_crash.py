"""Who applies is killed in the middle: a worker ends it, exactly once on record.

So is what holds the record: whoever calls then does not notice.
"""

import itertools
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import OK, HTTPException
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from mlflow import MlflowClient

from tests.running import RunningSignoff, wait_for
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
_SEARCH = "/registered-models/search"


_OF_MOVES = """
from registry_ui.models import AuditEvent, TransitionRequest
for ask in TransitionRequest.objects.filter(target="stage:Staging"):
    events = AuditEvent.objects.filter(request_number=ask.number).order_by("position")
    types = [row.type for row in events if row.actor_name == "rui"]
    print(ask.version.model.name, ask.status, *types)
"""
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""
EVENTS_OF_A_MOVE = [
    "transition_request.created",
    "transition_request.approved",
    "model_version.transitioned",
    "transition_request.applied",
]


def pids(signoff: RunningSignoff, is_wanted: Callable[[list[bytes]], bool]) -> set[int]:
    """Return processes of this very `up`, by their command line."""
    mark = f"SIGNOFF_DATA_DIR={signoff.environment['SIGNOFF_DATA_DIR']}".encode()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().split(b"\0")
            is_ours = mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        is_wrapper = any(b"supervised" in part for part in line)
        if is_ours and not is_wrapper and is_wanted(line):
            found.add(int(process.name))
    return found


def worker_pids(signoff: RunningSignoff) -> set[int]:
    return pids(signoff, lambda line: b"worker" in line)


def web_pids(signoff: RunningSignoff) -> set[int]:
    """Return the server and its children, which are started by `multiprocessing`."""
    return pids(
        signoff,
        lambda line: any(b"granian" in p or b"multiprocessing" in p for p in line),
    )


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


def move(signoff: RunningSignoff, token: str, name: str, stage: str) -> int:
    """Move v1 through the gate; return the status, 0 where the connection broke."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{signoff.url}/api/2.0/mlflow{TRANSITION}",
        method="POST",
        data=json.dumps({"name": name, "version": "1", "stage": stage}).encode(),
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException):
        return 0


def is_moved(signoff: RunningSignoff, token: str, name: str, stage: str) -> bool:
    return move(signoff, token, name, stage) == OK


def register(
    plain: MlflowClient, name: str, signoff: RunningSignoff, token: str
) -> None:
    """Make a model with a version that is in Archived, and wait until it is there."""
    plain.create_registered_model(name)
    plain.create_model_version(name, "s3://bucket/model")
    wait_for(
        partial(is_moved, signoff, token, name, "Archived"),
        seconds=60,
        what="the model is mirrored",
    )


def test_a_worker_killed_amid_a_sync_keeps_nobody_waiting(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
    """Its lease would run for two minutes more."""
    gatekeeper.reached.clear()
    gatekeeper.held_path, gatekeeper.hold = _SEARCH, Hold.BEFORE
    assert gatekeeper.reached.wait(60), "a sync is under way"
    for pid in worker_pids(signoff):
        os.kill(pid, signal.SIGKILL)
    gatekeeper.hold = Hold.NOWHERE

    register(plain, f"found-{os.getpid()}", signoff, tokens["rui"])


def test_a_web_server_killed_amid_a_move_leaves_it_to_a_worker(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
    """Before MLflow hears of the move, and after it acted: nobody else did it."""
    points = (Hold.BEFORE, Hold.AFTER)
    names = [f"moved-{os.getpid()}-{point.name}" for point in points]
    for name in names:
        register(plain, name, signoff, tokens["rui"])
    sent_before = gatekeeper.transitions

    with ThreadPoolExecutor(len(points)) as callers:
        moves = []
        for name, point in zip(names, points, strict=True):
            gatekeeper.reached.clear()
            gatekeeper.hold = point
            moves.append(callers.submit(move, signoff, tokens["rui"], name, "Staging"))
            assert gatekeeper.reached.wait(30)
        before = web_pids(signoff)
        assert before
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert [one.result() for one in moves] == [0, 0]
    gatekeeper.hold = Hold.NOWHERE

    def found() -> set[str]:
        lines = signoff.manage("shell", "--no-imports", "-c", _OF_MOVES).splitlines()
        return {line for line in lines if line.startswith(tuple(names))}

    wanted = {" ".join([name, "applied", *EVENTS_OF_A_MOVE]) for name in names}
    wait_for(
        lambda: found() == wanted,
        seconds=LEASE_SECONDS + 60,
        what="a worker has applied both",
    )
    assert {plain.get_model_version(n, "1").current_stage for n in names} == {"Staging"}
    assert gatekeeper.transitions - sent_before == len(names)
    signoff.manage("audit", "verify")
    incidents = "from registry_ui.models import Incident; print(Incident.objects.all())"
    assert "moved" not in signoff.manage("shell", "--no-imports", "-c", incidents)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no server that could go"
)
def test_a_database_that_was_started_again_is_asked_as_before(
    signoff: RunningSignoff, plain: MlflowClient, tokens: dict[str, str]
) -> None:
    """Calls go round the web server's threads, each with a connection of its own."""
    name = f"lasting-{os.getpid()}"
    register(plain, name, signoff, tokens["rui"])
    for _ in range(3):
        end_connections(signoff.environment["DATABASE_URL"])
        moves = [
            move(signoff, tokens["rui"], name, stage)
            for stage in ("Staging", "Archived") * 4
        ]
        assert moves == [OK] * 8
    signoff.manage("audit", "verify")


def end_connections(database_url: str) -> None:
    """Do to everybody else what a server does that stops, and wait until it is done."""
    with psycopg.connect(database_url, autocommit=True) as own:
        own.execute(_END_OTHERS)
