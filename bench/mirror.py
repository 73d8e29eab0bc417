"""The budgets of reading MLflow: sync, poll, load, evidence."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.jobs import Worker
from bench.registry import Shape
from bench.results import Result, ratio, shown
from bench.signoff import Signoff

_SEARCHES = ("registered-models/search", "model-versions/search")
_MOST_EVIDENCE = 1000
# The sweep of the versions comes round after twelve times of what it costs.
_PERIOD_PER_SYNC = 13
_TIMER_SECONDS = 0.02


def full_sync(
    signoff: Signoff, shape: Shape, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Fill the mirror from nothing, several times; it stays full after the last.

    Raises:
        RuntimeError: the mirror does not hold what the registry does.
    """
    times, peaks, count = [], [], 0
    for _ in range(rounds):
        signoff.empty()
        with signoff.worker() as worker:  # a new process, for its memory
            filled = worker.do("fill")
        if (filled["models"], filled["versions"]) != (shape.models, shape.versions):
            raise RuntimeError(f"The sync made something else of {shape}.")
        pages = [one for one in filled["requests"] if _is_search(one[1])]
        raw = peer.do("replay", url=signoff.mlflow_uri, requests=pages)
        times.append((filled["seconds"], raw["seconds"]))
        peaks.append(filled["peak_mb"])
        count = len(pages)
    what = "full sync into an empty mirror"
    yield ratio(what, f"raw urllib3 and json, the same {count} pages", 1.3, times)
    peak = f"{median(peaks):.0f} MB"
    yield Result(f"{what}: peak memory", "", 400, "MB", tuple(peaks), ours=peak)


def _is_search(path: str) -> bool:
    return any(search in path for search in _SEARCHES)


def poll(
    full: Signoff, worker: Worker, tenth: Signoff, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Sync when nothing is new.

    Args:
        full: mirrors the whole registry.
        worker: of that.
        tenth: mirrors one of a tenth of the size; its mirror is empty.
        peer: sends the same requests once more.
        rounds: how often.
    """
    polls = _polls(worker, full.mlflow_uri, peer, rounds)
    with tenth.worker() as small_worker:
        small_worker.do("fill")
        small_polls = _polls(small_worker, tenth.mlflow_uri, peer, rounds)
    what = "poll that finds nothing new"
    against = f"its {len(polls[0]['requests'])} requests alone"
    pairs = [(one["seconds"], one["raw_seconds"]) for one in polls]
    yield ratio(what, against, 1.5, pairs)
    yield ratio(
        f"{what}: own time beyond MLflow's answers",
        "the same with a tenth of the versions",
        1.5,
        list(zip(_own_seconds(polls), _own_seconds(small_polls), strict=True)),
        note=f"Own time below {shown(_TIMER_SECONDS)} counts as that much.",
    )


def _polls(
    worker: Worker, mlflow_uri: str, peer: Worker, rounds: int
) -> list[dict[str, Any]]:
    worker.do("find_nothing_new")  # warms both up
    polls = []
    for _ in range(rounds):
        ours = worker.do("find_nothing_new")
        raw = peer.do("replay", url=mlflow_uri, requests=ours["requests"])
        polls.append(ours | {"raw_seconds": raw["seconds"]})
    return polls


def _own_seconds(polls: list[dict[str, Any]]) -> list[float]:
    """Return what is not waiting; less than one can tell on a busy machine is equal."""
    return [max(_TIMER_SECONDS, one["own_seconds"]) for one in polls]


def load(tenth: Signoff) -> Iterator[Result]:
    """Sync as the clock does and see how long MLflow was kept busy.

    With a tenth of the registry, as a cycle takes so long: sweeps space themselves by
    what they cost, so that the share is the same.
    """
    with tenth.worker() as worker:
        cost = worker.do("fill")["seconds"]
        kept = worker.do("keep_in_step", seconds=_PERIOD_PER_SYNC * cost)
    yield Result(
        "load that syncing puts on MLflow",
        "",
        20,
        "%",
        (100 * kept["busy_seconds"] / kept["seconds"],),
        ours=f"{shown(kept['busy_seconds'])} of {shown(kept['seconds'])}",
        note="The share of the time in which MLflow was answering the sync, over one"
        " cycle of both sweeps, with a tenth of the models and versions.",
    )


def evidence(
    signoff: Signoff, worker: Worker, shape: Shape, peer: Worker, rounds: int
) -> Iterator[Result]:
    """Read the runs of the newest versions in bulk."""
    times, limit = [], min(_MOST_EVIDENCE, shape.versions // 20)
    worker.do("read_evidence", limit=limit)  # warms both up
    for _ in range(2 * rounds + 1):  # short ones, which noise stretches
        ours = worker.do("read_evidence", limit=limit)
        searches = ours["requests"]
        raw = peer.do("replay", url=signoff.mlflow_uri, requests=searches)
        times.append((ours["seconds"], raw["seconds"]))
    worker.do("complete_evidence")
    yield ratio(
        f"evidence of runs in bulk, {limit:,} versions",
        "raw runs/search of the same runs",
        1.3,
        times,
        note="Ours without the time that MLflow takes for files.",
    )
