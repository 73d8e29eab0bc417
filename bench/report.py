"""`docs/performance.md`: the figures of the last run, for people."""

import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.registry import Shape
from bench.results import Result

_HEAD = """# Performance

Written by `make bench`; do not edit. Each figure is held against MLflow's own REST API
(or the work that cannot be avoided), on the same store, in the same run, in turn.

"""
_HOW = """
## How it is measured

- **Registry**: {registry}. One model
  has {most:,} versions; one has 10 whose runs have 500 metrics and 300 parameters each.
  Usually a version has 4 tags and a run with 8 metrics, 12 parameters and 5 tags; one
  version in twenty has no run.
- **Rounds**: ours, the peer, ours, the peer, and so on; the figure is the median of the
  rounds' ratios, and in brackets are the lowest and the highest. Times are medians.
- **Ours** is what is installed: the sync in a process of its own; pages as whole HTML
  from the real web server, for somebody who may read all, over one kept connection,
  without compression on either side.
- **MLflow** runs with one worker. More workers delay its small answers by 40 ms, which
  would flatter us.
- **The gate** is called by token, each call right before the same one straight to
  MLflow; a read is within its goal at 1.3 times or 5 ms more. In the end clients call
  from one process, each over its own connection, and none tries again.
- **Noise**: all processes share one machine. A busy spell hits both sides of a round,
  so ratios are steadier than times. Where the range of the rounds is wide, or spans the
  goal, measure again on a quiet machine before believing either way.
"""
_TABLE = """
## On {database}

| what | ours | against | theirs | measured | goal | |
| --- | --- | --- | --- | --- | --- | --- |
"""


def write(
    path: Path, command: str, shape: Shape, results: Mapping[str, Sequence[Result]]
) -> None:
    """Write the document.

    Args:
        path: of the document.
        command: that measures the same again.
        shape: of the registry.
        results: by database, as it is called with its version.
    """
    registry = f"{shape.models:,} models, {shape.versions:,} versions, as many runs"
    text = _HEAD + f"```console\n$ {command}\n```\n\n{_machine()}\n"
    for database, rows in results.items():
        text += _TABLE.format(database=database)
        text += "".join(f"{_row(row)}\n" for row in rows)
        text += _notes(rows)
    text += _HOW.format(registry=registry, most=shape.most_versions)
    path.write_text(text)


def sqlite_name() -> str:
    """Return SQLite's name and version."""
    return f"SQLite {sqlite3.sqlite_version}"


def _row(row: Result) -> str:
    goal = f"≤ {row.limit:g} {row.unit}"
    cells = (row.what, row.ours, row.against, row.theirs, row.shown_figure, goal)
    return f"| {' | '.join((*cells, row.verdict))} |"


def _notes(rows: Sequence[Result]) -> str:
    lines = [f"- {row.what}: {row.note}\n" for row in rows if row.note]
    return "\n" + "".join(lines) if lines else ""


def _machine() -> str:
    mlflow = importlib.metadata.version("mlflow")
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({_processor()}),"
        f" {platform.system()}, Python {platform.python_version()}, MLflow {mlflow};"
        f" load average at the end {load:.1f}."
    )


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()
