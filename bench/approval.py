"""The budget of an approval: from the click until MLflow has changed."""

import html
import json
import re
import time
from collections.abc import Iterator, Mapping
from statistics import median

from bench.raw import API, RawClient
from bench.results import Result, shown
from bench.signoff import Signoff

_COUNT = 10
_WARM_UPS = 2
_PATIENCE_SECONDS = 60.0
_SETTLED_SECONDS = 2.0
_SEEN = re.compile(r'name="seen" value="([^"]*)"')


MOST_MS_MORE = {"embedded broker": 250, "Redis": 100}


def approval(signoff: Signoff, url: str, broker: str) -> Iterator[Result]:
    """Approve requests on their pages; undo each directly, which is the peer.

    No clock runs here, and nothing is approved on a mirror that is old.

    Args:
        signoff: that runs.
        url: where it does.
        broker: through which its worker is woken, in the words of MOST_MS_MORE.
    """
    with signoff.worker() as worker:
        worker.do("catch_up")
        requests = worker.do("ask_for_production", count=_WARM_UPS + _COUNT)["requests"]
    site, mlflow = RawClient(url, signoff.cookie), RawClient(signoff.mlflow_uri)
    pairs = []
    for request in requests:
        took = _approve(request, site, mlflow)
        begun = time.perf_counter()
        _transition(request, "None", mlflow)
        pairs.append((took, time.perf_counter() - begun))
    pairs = pairs[_WARM_UPS:]
    yield Result(
        f"approval click to MLflow changed, {broker}",
        "one direct transition-stage",
        MOST_MS_MORE[broker],
        "ms more",
        tuple(1000 * (one - other) for one, other in pairs),
        ours=shown(median(took for took, _ in pairs)),
        theirs=shown(median(took for _, took in pairs)),
    )


def _approve(request: Mapping[str, str], site: RawClient, mlflow: RawClient) -> float:
    """Return how many seconds after the click MLflow changed the version.

    MLflow notes the time of a change in ms, by the clock of this machine.
    """
    seen = _seen(request, site)
    clicked_at = time.time()
    fields = {"seen": seen, "decision": "approve"}
    site.submit(f"{request['path']}review/", **fields)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        key = {"name": request["name"], "version": request["version"]}
        version = json.loads(mlflow.get("model-versions/get", **key))["model_version"]
        if version["current_stage"] == "Production":
            return float(version["last_updated_timestamp"]) / 1000 - clicked_at
        time.sleep(0.05)
    raise RuntimeError(f"{request['path']} was approved, and MLflow did not change.")


def _seen(request: Mapping[str, str], site: RawClient) -> str:
    """Return what the page shows, once its evidence was read again for the review."""
    before = ""
    while True:
        page = site.send("GET", request["path"]).decode()
        seen = _SEEN.search(page)
        if seen is None:
            raise RuntimeError(f"{request['path']} offers no approval.")
        if seen[1] == before:
            return html.unescape(before)
        before = seen[1]
        time.sleep(_SETTLED_SECONDS)


def _transition(request: Mapping[str, str], stage: str, mlflow: RawClient) -> None:
    body = {"name": request["name"], "version": request["version"], "stage": stage}
    mlflow.send("POST", f"{API}model-versions/transition-stage", json.dumps(body))
