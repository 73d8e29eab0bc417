"""The budgets of the gate: MLflow's own calls through it, and straight to MLflow."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from bench.jobs import Worker
from bench.raw import API, RawClient
from bench.results import Result, ratio, shown
from bench.signoff import Signoff

_CALLS_A_ROUND = 10
_WARM_UPS = 2
_READ_TIMES, _READ_MS_MORE = 1.3, 5.0
_WRITE_TIMES = 2.0
_CLIENTS = 200
_CROWD_SECONDS = 60.0
_MODELS, _VERSIONS = "registered-models", "model-versions"

_Request = tuple[str, str, str | None]
"""Method, path and body."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A version that the calls are about; the alias points to it."""

    name: str
    version: str
    alias: str = "bench"

    def reads(self) -> Iterator[tuple[str, _Request]]:
        """Yield what is read, and how."""
        yield f"{_MODELS}/get", _get(f"{_MODELS}/get", name=self.name)
        yield (
            f"{_MODELS}/alias",
            _get(f"{_MODELS}/alias", name=self.name, alias=self.alias),
        )
        yield (
            f"{_VERSIONS}/get",
            _get(f"{_VERSIONS}/get", name=self.name, version=self.version),
        )
        yield (
            f"{_VERSIONS}/search",
            _get(f"{_VERSIONS}/search", filter=f"name = '{self.name}'"),
        )
        yield f"{_MODELS}/search", _get(f"{_MODELS}/search", max_results=25)

    def set_tag(self, number: int) -> _Request:
        """Return a write of another value each time."""
        return self._post(f"{_VERSIONS}/set-tag", key="bench", value=str(number))

    def set_alias(self, number: int) -> _Request:
        """Return what moves an alias between two versions."""
        version = str(1 + number % 2)  # what is moved has at least two
        return self._post(f"{_MODELS}/alias", alias=self.alias, version=version)

    def transition(self, number: int) -> _Request:
        """Return what moves the version to and fro."""
        stage = ("Staging", "None")[number % 2]
        return self._post(f"{_VERSIONS}/transition-stage", stage=stage)

    def _post(self, path: str, **more: str) -> _Request:
        body = {"name": self.name, "version": self.version, **more}
        return "POST", f"{API}{path}", json.dumps(body)


def gate(signoff: Signoff, url: str, peer: Worker, rounds: int) -> Iterator[Result]:
    """Read and write by token, each call right before the same one without the gate.

    Args:
        signoff: that runs.
        url: where it does.
        peer: a process of `bench.raw`, in which the crowd is.
        rounds: of each call.
    """
    _catch_up(signoff)
    with signoff.worker() as worker:
        made = worker.do("callers_of_the_gate")
    target = _Target(made["name"], made["version"])
    mlflow = RawClient(signoff.mlflow_uri)
    mlflow.send(*target.set_alias(1))
    _catch_up(signoff)
    for role, token in made["tokens"].items():
        client = RawClient(url, token=token)
        for what, request in target.reads():
            yield _read(f"{what} by {role}", request, client, mlflow, rounds)
    client = RawClient(url, token=made["tokens"]["an administrator"])
    yield from _writes(signoff, target, client, mlflow, rounds)
    yield _crowd(url, made["tokens"]["an administrator"], target, peer)


def _catch_up(signoff: Signoff) -> None:
    """Make the mirror young enough for decisions: no clock runs beside."""
    with signoff.worker() as worker:
        worker.do("catch_up")


def _writes(
    signoff: Signoff,
    target: _Target,
    client: RawClient,
    mlflow: RawClient,
    rounds: int,
) -> Iterator[Result]:
    """Write to and fro, each side on its own: no move is made around the mirror."""
    other = replace(target, version=str(int(target.version) - 1), alias="direct")

    def to_and_fro(what: str, make: Callable[[_Target, int], _Request]) -> Result:
        _catch_up(signoff)
        pairs = []
        for start in range(rounds):
            ours, theirs = [], []
            for number in range(_CALLS_A_ROUND):
                at = start * _CALLS_A_ROUND + number
                ours.append(_seconds(client, make(target, at)))
                theirs.append(_seconds(mlflow, make(other, at)))
            pairs.append((median(ours), median(theirs)))
        return ratio(f"gate: {what}", "the same call direct", _WRITE_TIMES, pairs)

    move = f"{_VERSIONS}/transition-stage"
    yield to_and_fro(f"{_VERSIONS}/set-tag", _Target.set_tag)
    yield to_and_fro(f"{move}, policy open", _Target.transition)
    yield to_and_fro(f"{_MODELS}/alias, policy open", _Target.set_alias)
    with signoff.worker() as worker:
        worker.do("guard_production", is_guarded=True)
        yield to_and_fro(f"{move}, Production guarded", _Target.transition)
        worker.do("guard_production", is_guarded=False)


def _read(
    what: str, request: _Request, gate: RawClient, mlflow: RawClient, count: int
) -> Result:
    """Hold a read against the looser of its two goals."""
    for _ in range(_WARM_UPS):
        gate.send(*request)
        mlflow.send(*request)
    rounds = []
    for _ in range(count):
        pairs = [
            (_seconds(gate, request), _seconds(mlflow, request))
            for _ in range(_CALLS_A_ROUND)
        ]
        rounds.append((median(a for a, _ in pairs), median(b for _, b in pairs)))
    by_ratio = ratio(f"gate: {what}", "the same call direct", _READ_TIMES, rounds)
    if by_ratio.is_held:
        return by_ratio
    return Result(
        by_ratio.what,
        by_ratio.against,
        _READ_MS_MORE,
        "ms more",
        tuple(1000 * (ours - theirs) for ours, theirs in rounds),
        by_ratio.ours,
        by_ratio.theirs,
    )


def _crowd(url: str, token: str, target: _Target, peer: Worker) -> Result:
    """Let many call at once: nine reads to a write."""
    reads = [request for _, request in target.reads()] * 9
    writes = [target.set_tag(number) for number in range(5)]
    found = peer.do(
        "crowd",
        url=url,
        token=token,
        requests=[*reads, *writes],
        clients=_CLIENTS,
        seconds=_CROWD_SECONDS,
    )
    errors = sum(found["errors"].values())
    said = f"; errors: {found['errors']}" if errors else ""
    return Result(
        f"gate: errors that {_CLIENTS} clients at once get in {_CROWD_SECONDS:.0f} s",
        "",
        0,
        "errors",
        (errors,),
        ours=f"{found['calls']:,} calls",
        note=f"An answer took {shown(found['p50'])} (median), {shown(found['p99'])}"
        f" (p99); one call in ten is a write{said}.",
    )


def _seconds(client: RawClient, request: _Request) -> float:
    begun = perf_counter()
    client.send(*request)
    return perf_counter() - begun


def _get(path: str, **params: Any) -> _Request:
    return "GET", f"{API}{path}?{urlencode(params)}", None
