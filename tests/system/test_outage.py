"""MLflow away while somebody approves, a sender that hangs: it is said, and made up."""

import json
import os
import signal
import urllib.error
import urllib.request
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.running import SYNC_SECONDS, RunningSignoff, processes, wait_for
from tests.system.gatekeeper import Gatekeeper, Hold
from tests.system.promotions import (
    EVENTS_OF_A_PROMOTION,
    approve,
    ask_for_promotion,
    call,
    recorded_events,
    stages,
    wait_until_applied,
)
from webhooks_ui.actions.signs_of_life import SILENCE

pytestmark = pytest.mark.system


def readiness_of(component: str, signoff: RunningSignoff) -> str:
    try:
        with urllib.request.urlopen(f"{signoff.url}/readyz", timeout=15) as answer:  # noqa: S310 - our own address
            content: Any = json.load(answer)
    except urllib.error.HTTPError as error:  # 503, with the same content
        with error:
            content = json.load(error)
    return str(content["components"][component]["status"])


def test_an_approval_while_mlflow_is_away_is_carried_out_when_it_is_back(
    signoff: RunningSignoff,
    gatekeeper: Gatekeeper,
    plain: MlflowClient,
    tokens: dict[str, str],
) -> None:
    name, number = ask_for_promotion(signoff, tokens["dana"], plain)
    gatekeeper.hold = Hold.DOWN
    waiting: dict[str, Any] = {}

    def says_why_it_waits() -> bool:
        waiting.update(call(signoff, tokens["dana"], "GET", f"/requests/{number}"))
        return bool(waiting["failure"])

    approve(signoff, tokens["rui"], number)

    wait_for(says_why_it_waits, seconds=15, what="the request says why it waits")
    assert waiting["status"] in {"approved", "applying"}
    assert gatekeeper.uri in waiting["failure"]
    assert "Trying again by itself." in waiting["failure"]
    assert stages(plain, name) == ["Production", "None"]
    wait_for(
        lambda: readiness_of("mlflow", signoff) == "down",
        seconds=SYNC_SECONDS + 15,
        what="/readyz says that MLflow is down",
    )

    gatekeeper.hold = Hold.NOWHERE

    wait_until_applied(signoff, tokens["dana"], number, seconds=45)
    assert stages(plain, name) == ["Archived", "Production"]
    assert recorded_events(signoff, number) == EVENTS_OF_A_PROMOTION
    wait_for(
        lambda: readiness_of("mlflow", signoff) == "ok",
        seconds=SYNC_SECONDS + 30,
        what="/readyz says that MLflow is back",
    )


@pytest.mark.soak
def test_a_sender_that_hangs_is_said(signoff: RunningSignoff) -> None:
    (pid,) = (
        pid
        for pid, line in processes(signoff.environment).items()
        if "sender@" in line and "supervised.py" not in line
    )
    ready = "/readyz says that the sender is"
    wait_for(
        lambda: readiness_of("sender", signoff) == "ok", seconds=30, what=f"{ready} ok"
    )
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(
            lambda: readiness_of("sender", signoff) == "down",
            seconds=SILENCE.total_seconds() + 10,
            what=f"{ready} down",
        )
        assert readiness_of("worker", signoff) == "ok"
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(
        lambda: readiness_of("sender", signoff) == "ok",
        seconds=30,
        what=f"{ready} back",
    )
