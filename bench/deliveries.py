"""The budgets of webhooks: throughput, promptness, and dead receivers beside."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from bench.jobs import Worker
from bench.raw import API, RawClient
from bench.results import Result, ratio, shown
from bench.signoff import Signoff

AT_ONCE = 64
WEBHOOKS = 8
DELIVERIES = 6000
DEAD = 50
EVENTS = 200
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
MOST_MS_TO_FIRST_BYTE = {"embedded broker": 150, "Redis": 50}
_MODEL = "bench-told-of"
_NAME = "deliveries sustained, each attempt recorded"


@dataclass(frozen=True, slots=True)
class Promptness:
    """How long receivers waited after the commit, in seconds.

    Attributes:
        median: of those that arrived in time.
        p99: likewise.
        missing: how many of the events had not arrived after a minute.
    """

    median: float
    p99: float
    missing: int


def throughput(signoff: Signoff, peer: Worker, rounds: int) -> Iterator[Result]:
    """Drain a backlog of eight webhooks to one receiver; the peer only posts.

    Raises:
        RuntimeError: something did not arrive, or is not in the ledger.
    """
    times = []
    with signoff.worker() as worker, _receiver(signoff) as (receiver, urls):
        worker.do("subscribe", urls=[urls["url"]] * WEBHOOKS)
        for _ in range(rounds + 1):
            worker.do("tell", count=DELIVERIES // WEBHOOKS, pause=0.0)
            drained = worker.do("drain")
            told = receiver.do("take")["count"]
            if not told == drained["attempts"] == DELIVERIES:
                raise RuntimeError(f"{told} arrived, {drained} of {DELIVERIES}.")
            sent = peer.do(
                "post",
                url=urls["url"],
                body=drained["body"],
                count=DELIVERIES,
                at_once=AT_ONCE,
            )
            receiver.do("take")
            times.append((drained["seconds"], sent["seconds"]))
    pairs = times[1:]  # the first warms both up
    ours, theirs = (median(DELIVERIES / one[side] for one in pairs) for side in (0, 1))
    yield ratio(
        f"{DELIVERIES:,} {_NAME}",
        "a bare aiohttp sender to the same receiver",
        1 / 0.35,
        pairs,
        note=f"{ours:,.0f} deliveries a second against {theirs:,.0f}; the goal is at"
        " least 0.35 of the rate.",
    )


def promptness(signoff: Signoff, broker: str) -> Iterator[Result]:
    """Tell of events one by one, without and with 50 dead receivers beside.

    Args:
        signoff: that mirrors a registry; its programs are started here.
        broker: through which its sender is woken, as in MOST_MS_TO_FIRST_BYTE.
    """
    with (
        signoff.running(delivers=True),
        signoff.worker() as worker,
        _receiver(signoff) as (receiver, urls),
    ):
        alone = _promptness(worker, receiver, [urls["url"]])
        beside = [urls["url"]] + [urls["dead_url"]] * DEAD
        crowded = _promptness(worker, receiver, beside)
    _refuse_losses(alone, crowded)
    yield Result(
        f"commit to first byte of a delivery, {broker}",
        "",
        MOST_MS_TO_FIRST_BYTE[broker],
        "ms",
        (1000 * alone.median,),
        ours=shown(alone.median),
    )
    yield Result(
        f"the slowest of a hundred with {DEAD} dead receivers beside, {broker}",
        "itself without them",
        1000,
        "ms more",
        (1000 * (crowded.p99 - alone.p99),),
        ours=shown(crowded.p99),
        theirs=shown(alone.p99),
    )


def mlflows_own(signoff: Signoff, mlflow_uri: str) -> str:
    """Return a sentence on how MLflow's own webhooks do the same.

    Args:
        signoff: only lends its log.
        mlflow_uri: of a server whose webhooks may go to loopback.
    """
    mlflow = RawClient(mlflow_uri)
    _send(mlflow, "registered-models/create", name=_MODEL)
    _send(mlflow, "model-versions/create", name=_MODEL, source="s3://bench/model")
    with _receiver(signoff) as (receiver, urls):
        _subscribe_to_mlflow(mlflow, "alive", urls["url"])
        alone = _tags(mlflow, receiver)
        for number in range(DEAD):
            _subscribe_to_mlflow(mlflow, f"dead-{number}", urls["dead_url"])
        crowded = _tags(mlflow, receiver)
    return (
        f"MLflow's own webhooks: {shown(alone.median)} (median) and"
        f" {shown(alone.p99)} (99 of 100); with {DEAD} dead receivers beside,"
        f" {crowded.missing} of {EVENTS} had not arrived after"
        f" {PATIENCE_SECONDS:.0f} s."
    )


def _promptness(worker: Worker, receiver: Worker, urls: list[str]) -> Promptness:
    worker.do("subscribe", urls=urls)
    worker.do("tell", count=5, pause=0.2)  # wakes everybody up
    time.sleep(1)
    receiver.do("take")
    told = worker.do("tell", count=EVENTS, pause=PAUSE_SECONDS)
    return _waits(told["committed"], receiver)


def _tags(mlflow: RawClient, receiver: Worker) -> Promptness:
    """Set tags in MLflow itself; its list of webhooks is kept for a second."""
    time.sleep(2)
    receiver.do("take")
    answered = {}
    for number in range(EVENTS):
        value = f"{number}-{time.time_ns()}"
        tag = {"name": _MODEL, "version": "1", "key": "bench", "value": value}
        _send(mlflow, "model-versions/set-tag", **tag)
        answered[value] = time.time()
        time.sleep(PAUSE_SECONDS)
    return _waits(answered, receiver)


def _waits(committed: Mapping[str, float], receiver: Worker) -> Promptness:
    """Return how long each took, once all have arrived or a minute is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while receiver.do("count")["count"] < len(committed):
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    first = receiver.do("take")["first"]
    waits = [first[value] - at for value, at in committed.items() if value in first]
    if len(waits) < 2:  # noqa: PLR2004 - what quantiles asks for
        return Promptness(PATIENCE_SECONDS, PATIENCE_SECONDS, len(committed))
    return Promptness(
        median(waits), quantiles(waits, n=100)[-1], len(committed) - len(waits)
    )


def _refuse_losses(*found: Promptness) -> None:
    if any(one.missing for one in found):
        raise RuntimeError(f"Not all arrived within {PATIENCE_SECONDS:.0f} s: {found}.")


@contextmanager
def _receiver(signoff: Signoff) -> Iterator[tuple[Worker, dict[str, str]]]:
    with Worker.start("bench.receiver", signoff.environment, signoff.log) as receiver:
        yield receiver, receiver.do("start")


def _subscribe_to_mlflow(mlflow: RawClient, name: str, url: str) -> None:
    event = {"entity": "MODEL_VERSION_TAG", "action": "SET"}
    _send(mlflow, "webhooks", name=name, url=url, events=[event], status="ACTIVE")


def _send(mlflow: RawClient, path: str, **body: object) -> None:
    mlflow.send("POST", f"{API}{path}", json.dumps(body))
