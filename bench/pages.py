"""The budgets of pages: whole HTML from the web server, against MLflow's JSON."""

import base64
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from urllib.parse import quote, urlencode

from bench.raw import API, RawClient
from bench.registry import (
    COMMON_TAG,
    MANY_VERSIONS,
    PART_OF_MANY_NAMES,
    RARE_TAG,
    WIDE_RUNS,
    WIDE_VERSIONS,
    Shape,
)
from bench.results import Result, ratio
from bench.signoff import Signoff

_CALLS_A_ROUND = 12
_SECONDS_A_ROUND = 3.0
_WARM_UPS = 3
_PAGE = 25
_MODELS, _VERSIONS = "registered-models/search", "model-versions/search"


@dataclass(frozen=True, slots=True)
class Pair:
    """A page of ours and what it is held against.

    Attributes:
        what: the page is.
        against: MLflow's call.
        limit: of ours / theirs.
        ours: path of the page.
        theirs: method, path and body.
        shows: what both must contain, so that no error page is measured.
    """

    what: str
    against: str
    limit: float
    ours: str
    theirs: tuple[str, str, str | None]
    shows: str = ""


def pages(signoff: Signoff, url: str, shape: Shape, rounds: int) -> Iterator[Result]:
    """Measure each page; those that are not built yet are named with the reason."""
    mlflow = RawClient(signoff.mlflow_uri)
    first = min(name for name, _ in shape.names_and_counts())
    site = RawClient(url, signoff.cookie)
    for pair in [*_lists(shape, first), *_details(mlflow)]:
        yield _measured(pair, site, mlflow, rounds)
    of_no_tag = site.send("GET", "/models/?tag=no-such-key%3Dvalue")
    knows_tags = f"/models/{first}/".encode() not in of_no_tag
    for pair in _by_tag():
        lack = "" if knows_tags else "The page has no filter by tags yet."
        yield _measured(pair, site, mlflow, rounds, lack)
    is_built = site.has("/stages/")
    lack = "" if is_built else "The page is not built yet."
    yield _measured(_stages(), site, mlflow, rounds, lack)


def _lists(shape: Shape, first: str) -> Sequence[Pair]:
    late = max(1, shape.models // _PAGE - 1)
    token = base64.b64encode(json.dumps({"offset": (late - 1) * _PAGE}).encode())
    part = PART_OF_MANY_NAMES
    return (
        _list("first page", "", first),
        _list(f"page {late}", f"?page={late}", "", page_token=token.decode()),
        _list(
            f"names with “{part}”", f"?q={part}", part, filter=f"name ILIKE '%{part}%'"
        ),
    )


def _list(which: str, query: str, shows: str, **params: str) -> Pair:
    theirs = _get(_MODELS, max_results=_PAGE, **params)
    against = f"{_MODELS}, {_PAGE} a page, alike"
    what = f"`/models/`, {which}"
    return Pair(what, against, 0.5, f"/models/{query}", theirs, shows)


def _by_tag() -> Sequence[Pair]:
    return tuple(
        Pair(
            f"`/models/` by a tag of versions, {rarity}",
            f"{_VERSIONS} by the tag, {_PAGE} a page",
            limit,
            f"/models/?{urlencode({'tag': f'{key}={value}'})}",
            _get(_VERSIONS, filter=f"tags.{key} = '{value}'", max_results=_PAGE),
        )
        for rarity, (key, value), limit in (
            ("one version in three", COMMON_TAG, 0.1),
            # MLflow is quick here; a page has the floor that other lists have.
            ("one version in a hundred", RARE_TAG, 0.5),
        )
    )


def _details(mlflow: RawClient) -> Iterator[Pair]:
    found = json.loads(mlflow.get("registered-models/get", name=MANY_VERSIONS))
    newest = max(
        int(v["version"]) for v in found["registered_model"]["latest_versions"]
    )
    yield Pair(
        f"page of the model with {newest:,} versions",
        "registered-models/get of it",
        0.15,
        f"/models/{MANY_VERSIONS}/",
        _get("registered-models/get", name=MANY_VERSIONS),
        MANY_VERSIONS,
    )
    keys = [("v", f"{WIDE_RUNS}/{number}") for number in range(1, WIDE_VERSIONS + 1)]
    yield Pair(
        f"compare {WIDE_VERSIONS} versions, 500 metrics and 300 parameters each",
        "runs/search of their runs",
        1.0,
        f"/compare/?{urlencode(keys)}",
        ("POST", f"{API}runs/search", json.dumps(_search_of_wide_runs(mlflow))),
        "metric_499",
    )


def _search_of_wide_runs(mlflow: RawClient) -> dict[str, object]:
    answer = mlflow.get(_VERSIONS, filter=f"name = '{WIDE_RUNS}'", max_results=100)
    run_ids = [version["run_id"] for version in json.loads(answer)["model_versions"]]
    run = json.loads(mlflow.get("runs/get", run_id=run_ids[0]))["run"]
    quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
    return {
        "experiment_ids": [run["info"]["experiment_id"]],
        "filter": f"attributes.run_id IN ({quoted})",
        "max_results": len(run_ids),
    }


def _stages() -> Pair:
    theirs = _get(_MODELS, max_results=100)
    return Pair(
        "`/stages/`, 100 models", f"{_MODELS}, 100 a page", 0.5, "/stages/", theirs
    )


def _get(path: str, **params: object) -> tuple[str, str, None]:
    return "GET", f"{API}{path}?{urlencode(params, quote_via=quote)}", None


def _measured(
    pair: Pair, site: RawClient, mlflow: RawClient, count: int, lack: str = ""
) -> Result:
    """Call both in turn; a round's time is the median of its calls."""
    if lack:
        return Result(pair.what, pair.against, pair.limit, note=lack)
    for _ in range(_WARM_UPS):
        for answer in (site.send("GET", pair.ours), mlflow.send(*pair.theirs)):
            if pair.shows.encode() not in answer:
                raise RuntimeError(f"{pair.what}: an answer lacks {pair.shows!r}")
    rounds = [_round(pair, site, mlflow) for _ in range(count)]
    return ratio(pair.what, pair.against, pair.limit, rounds)


def _round(pair: Pair, site: RawClient, mlflow: RawClient) -> tuple[float, float]:
    ours, theirs = [], []
    deadline = time.monotonic() + _SECONDS_A_ROUND
    for _ in range(_CALLS_A_ROUND):
        begun = perf_counter()
        site.send("GET", pair.ours)
        between = perf_counter()
        mlflow.send(*pair.theirs)
        theirs.append(perf_counter() - between)
        ours.append(between - begun)
        if time.monotonic() > deadline:
            break
    return median(ours), median(theirs)
