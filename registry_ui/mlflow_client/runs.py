"""Runs in bulk, and the history of one metric."""

import re
from collections.abc import Iterable, Iterator, Sequence

from registry_ui.mlflow_client import parsing
from registry_ui.mlflow_client.answers import JsonObject
from registry_ui.mlflow_client.connection import AnswerTooLarge, Connection
from registry_ui.mlflow_client.entities import MetricPoint, RunInfo
from registry_ui.mlflow_client.paging import all_of, pages

_RUNS_A_REQUEST = 500
_EXPERIMENTS_A_PAGE = 1000
_POINTS_A_PAGE = 25_000
# A run id may be any text where a version was made through REST; these can be in a
# filter, and MLflow makes no others.
_RUN_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


def iter_runs(
    connection: Connection, run_ids: Iterable[str]
) -> Iterator[tuple[Sequence[str], dict[str, RunInfo]]]:
    """Yield ids that were asked for together, and those of their runs that exist."""
    wanted = sorted(set(run_ids))
    askable = [run_id for run_id in wanted if _RUN_ID.fullmatch(run_id)]
    if others := sorted(set(wanted).difference(askable)):
        yield others, {}
    experiment_ids = list(_experiment_ids(connection)) if askable else []
    for start in range(0, len(askable), _RUNS_A_REQUEST):
        chunk = askable[start : start + _RUNS_A_REQUEST]
        yield chunk, _found(connection, chunk, experiment_ids)


def metric_history(
    connection: Connection, run_id: str, key: str, *, most: int | None
) -> list[MetricPoint]:
    """Return the logged values of one metric, by step and time."""
    size = min(most or _POINTS_A_PAGE, _POINTS_A_PAGE)
    params = {"run_id": run_id, "metric_key": key, "max_results": size}
    points: list[MetricPoint] = []
    for page in pages(connection, "metrics/get-history", params):
        points += all_of(parsing.metric_point, page, "metrics")
        if most is not None and len(points) >= most:
            break
    return sorted(points, key=lambda point: (point.step, point.timestamp))


def _found(
    connection: Connection, run_ids: Sequence[str], experiment_ids: list[str]
) -> dict[str, RunInfo]:
    """Ask for runs in one request; in smaller ones where the answer is too large.

    A run whose answer alone is too large counts as not found.
    """
    quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
    body: JsonObject = {
        "experiment_ids": experiment_ids,
        "filter": f"attributes.run_id IN ({quoted})",
        "run_view_type": "ALL",
        "max_results": _RUNS_A_REQUEST,
    }
    runs: dict[str, RunInfo] = {}
    try:
        for page in pages(connection, "runs/search", body, by_post=True):
            found = all_of(parsing.run_info, page, "runs")
            runs.update({run.run_id: run for run in found})
    except AnswerTooLarge:
        if len(run_ids) == 1:
            return {}
        middle = len(run_ids) // 2
        for half in (run_ids[:middle], run_ids[middle:]):
            runs |= _found(connection, half, experiment_ids)
    return runs


def _experiment_ids(connection: Connection) -> Iterator[str]:
    body: JsonObject = {"view_type": "ALL", "max_results": _EXPERIMENTS_A_PAGE}
    for page in pages(connection, "experiments/search", body, by_post=True):
        yield from all_of(lambda it: str(it["experiment_id"]), page, "experiments")
