"""The budgets of reading MLflow: sync, poll, load, evidence."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.jobs import Worker
from bench.registry import Shape
from bench.results import Result, ratio, shown
from bench.signoff import Signoff

_SEARCHES = ("registered-models/search", "model-versions/search")
_EVIDENCE_OF = 1000
_LEAST_PERIOD_SECONDS = 20.0
# Sweeps space themselves to a fifth of the time: this is one cycle and no more.
_PERIOD_PER_SYNC = 4.5
_TIMER_SECONDS = 0.02


def full_sync(
    signoff: Signoff, shape: Shape, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Fill the mirror from nothing, several times; it stays full after the last.

    Raises:
        RuntimeError: the mirror does not hold what the registry does.
    """
    uri = signoff.environment["MLFLOW_TRACKING_URI"]
    times, peaks = [], []
    for _ in range(rounds):
        signoff.empty()
        with signoff.worker() as worker:
            filled = worker.do("fill")
        if (filled["models"], filled["versions"]) != (shape.models, shape.versions):
            raise RuntimeError(f"The sync made {filled} of {shape}.")
        pages = [
            one for one in filled["requests"] if any(s in one[1] for s in _SEARCHES)
        ]
        theirs = peer.do("replay", url=uri, requests=pages)
        times.append((filled["seconds"], theirs["seconds"]))
        peaks.append(filled["peak_mb"])
    what = "full sync into an empty mirror"
    raw = f"raw urllib3 and json, the same {len(pages)} pages"
    yield ratio(what, raw, 1.3, times)
    peak = f"{median(peaks):.0f} MB"
    yield Result(f"{what}: peak memory", "", 400, "MB", tuple(peaks), ours=peak)


def poll(
    signoff: Signoff, small: Signoff, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Sync when nothing is new, on the full registry and on one of a tenth."""
    full = _polls(signoff, peer, rounds)
    tenth = _polls(small, peer, rounds)
    what = "poll that finds nothing new"
    count = len(full[0]["requests"])
    yield ratio(
        what,
        f"its {count} requests alone",
        1.5,
        [(one["seconds"], one["raw_seconds"]) for one in full],
    )
    # Below what a timer can tell on a busy machine, nothing grows.
    own, less = (
        [max(_TIMER_SECONDS, one["own_seconds"]) for one in polls]
        for polls in (full, tenth)
    )
    yield ratio(
        f"{what}: own time beyond MLflow's answers",
        "the same with a tenth of the versions",
        1.5,
        list(zip(own, less, strict=True)),
        note=f"Own time below {shown(_TIMER_SECONDS)} counts as that.",
    )


def _polls(signoff: Signoff, peer: Worker, rounds: int) -> list[dict[str, Any]]:
    uri = signoff.environment["MLFLOW_TRACKING_URI"]
    polls = []
    with signoff.worker() as worker:
        worker.do("find_nothing_new")  # warms both up
        for _ in range(rounds):
            ours = worker.do("find_nothing_new")
            raw = peer.do("replay", url=uri, requests=ours["requests"])
            polls.append(ours | {"raw_seconds": raw["seconds"]})
    return polls


def load(signoff: Signoff) -> Iterator[Result]:
    """Sync as the clock does and see how long MLflow was kept busy."""
    with signoff.worker() as worker:
        cost = worker.do("fill")["seconds"]
        period = max(_LEAST_PERIOD_SECONDS, _PERIOD_PER_SYNC * cost)
        kept = worker.do("keep_in_step", seconds=period)
    yield Result(
        "load that syncing puts on MLflow",
        "",
        20,
        "%",
        (100 * kept["busy_seconds"] / kept["seconds"],),
        ours=f"{shown(kept['busy_seconds'])} of {shown(kept['seconds'])}",
        note="The share of time in which MLflow was answering the sync.",
    )


def evidence(
    signoff: Signoff, shape: Shape, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Read the runs of the newest versions in bulk."""
    uri = signoff.environment["MLFLOW_TRACKING_URI"]
    times, limit = [], min(_EVIDENCE_OF, shape.versions // 10)
    with signoff.worker() as worker:
        worker.do("read_evidence", limit=limit)  # warms both up
        for _ in range(rounds):
            ours = worker.do("read_evidence", limit=limit)
            raw = peer.do("replay", url=uri, requests=ours["requests"])
            times.append((ours["seconds"], raw["seconds"]))
        worker.do("complete_evidence")
    yield ratio(
        f"evidence of runs in bulk, {limit:,} versions",
        "raw runs/search of the same runs",
        1.3,
        times,
        note="Without the time that MLflow takes for files.",
    )
