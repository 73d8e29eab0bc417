"""`make bench`: measure the budgets; at their own size, write `docs/performance.md`."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import redis

from bench import mirror, report
from bench.approval import approval
from bench.databases import Databases, PostgreSQLServer, SQLiteFiles
from bench.deliveries import mlflows_own, promptness, throughput
from bench.gate import gate
from bench.jobs import ROOT, Worker
from bench.pages import pages
from bench.registry import Shape
from bench.results import Result
from bench.signoff import Signoff, install
from bench.stores import postgresql_store, sqlite_store
from tests.mlflow_server import MLflowServer

_DATABASES = ("sqlite", "postgresql")
_TERMINATED = 128 + signal.SIGTERM
_OF_THE_BUDGETS = Shape(models=10_000, versions=100_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """What was asked for."""

    shape: Shape
    folder: Path
    postgres: str
    redis: str
    rounds: int
    is_gate_only: bool = False

    def measure(self, database: str) -> Iterator[Result]:
        """Yield the result of each budget on one database."""
        shapes = {"full": self.shape}
        if not self.is_gate_only:
            shapes["tenth"] = self.shape.tenth()
        databases = self._databases(database)
        with ExitStack() as stack:
            stack.callback(databases.close)
            _say("Filling MLflow's stores …")
            servers = {}
            for name, shape in shapes.items():
                uri = self._store(databases, name, shape)
                servers[name] = self._launch(f"{database}-{name}", uri)
                stack.callback(servers[name].stop)
            uris = {name: server.uri for name, server in servers.items()}
            installed = install(databases, self.folder / "signoff", uris)
            for server in servers.values():
                server.wait_until_ready()
            log = self.folder / "raw.log"
            peer = stack.enter_context(Worker.start("bench.raw", os.environ, log))
            if self.is_gate_only:
                yield from self._gate(installed["full"], peer)
                return
            yield from self._measure(installed["full"], installed["tenth"], peer)
            if database == "postgresql" and _has_redis(self.redis):
                through_redis = installed["full"].through(self.redis)
                with through_redis.running() as url:
                    yield from approval(installed["full"], url, "Redis")
                yield from self._deliver(through_redis, peer, "Redis")
            else:
                yield from self._deliver(installed["full"], peer, "embedded broker")

    def _deliver(self, signoff: Signoff, peer: Worker, broker: str) -> Iterator[Result]:
        yield from throughput(signoff, peer, self.rounds)
        options = {
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
            "MLFLOW_WEBHOOK_CACHE_TTL": "1",
        }
        folder = self.folder / f"mlflow-webhooks-{time.time_ns()}"
        mlflow = MLflowServer.launch(folder, environment=options)
        try:
            mlflow.wait_until_ready()
            note = mlflows_own(signoff, mlflow.uri)
        finally:
            mlflow.stop()
        first, second = promptness(signoff, broker)
        yield replace(first, note=note)
        yield second

    def _measure(self, full: Signoff, tenth: Signoff, peer: Worker) -> Iterator[Result]:
        yield from mirror.full_sync(full, self.shape, peer, self.rounds)
        with full.worker() as worker:
            yield from mirror.poll(full, worker, tenth, peer, self.rounds)
            yield from mirror.evidence(full, worker, self.shape, peer, self.rounds)
        yield from mirror.load(tenth)
        with full.running() as url:
            yield from pages(full, url, self.shape, self.rounds)
            yield from approval(full, url, "embedded broker")
        yield from self._gate(full, peer)

    def _gate(self, signoff: Signoff, peer: Worker) -> Iterator[Result]:
        """Measure the gate where the policy lets one person move a version."""
        with signoff.under_policy("open").running() as url:
            yield from gate(signoff, url, peer, self.rounds)

    def _databases(self, database: str) -> Databases:
        if database == "sqlite":
            return SQLiteFiles(self.folder / "databases")
        return PostgreSQLServer(self.postgres)

    def _store(self, databases: Databases, name: str, shape: Shape) -> str:
        """Return MLflow's URI of a filled store."""
        if isinstance(databases, SQLiteFiles):
            return sqlite_store(self.folder / "stores", shape)
        return postgresql_store(databases.create(f"mlflow_{name}"), shape)

    def _launch(self, name: str, store: str) -> MLflowServer:
        """Start an MLflow; the last of an option that is given twice counts."""
        options = (
            "--backend-store-uri",
            store,
            "--uvicorn-opts",
            "--log-level warning",
        )
        return MLflowServer.launch(self.folder / f"mlflow-{name}", arguments=options)


def main() -> int:
    """Measure; return the exit status: 1 where a budget is not held."""
    arguments = _arguments()
    # As Ctrl-C does: the servers that were started are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    shape = Shape(arguments.models, arguments.versions, arguments.seed)
    folder = arguments.data_dir.resolve()
    bench = Bench(
        shape,
        folder,
        arguments.postgres,
        arguments.redis,
        arguments.rounds,
        arguments.gate,
    )
    results = {}
    for database in arguments.databases:
        title = _title(database, arguments.postgres)
        if title is None:
            continue
        _say(f"\n{title}")
        results[title] = [_shown(result) for result in bench.measure(database)]
    command = f"make bench MODELS={shape.models} VERSIONS={shape.versions}"
    # Figures of another size stay out of the docs: the goals are not meant for them.
    is_whole = shape == _OF_THE_BUDGETS and not arguments.gate
    place = ROOT / "docs" if is_whole else folder
    path = arguments.report or place / "performance.md"
    report.write(path, command, shape, results)
    broken = [row for rows in results.values() for row in rows if row.is_held is False]
    where = os.path.relpath(path)
    _say(f"\n{len(broken)} budgets are not held; all figures are in {where}.")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--models", type=int, default=_OF_THE_BUDGETS.models)
    parser.add_argument("--versions", type=int, default=_OF_THE_BUDGETS.versions)
    parser.add_argument("--seed", type=int, default=_OF_THE_BUDGETS.seed)
    parser.add_argument("--rounds", type=int, default=3, help="of each measure")
    parser.add_argument(
        "--databases", nargs="+", choices=_DATABASES, default=_DATABASES
    )
    parser.add_argument(
        "--postgres", default="postgres://postgres@127.0.0.1:5432/postgres"
    )
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/8")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--report", type=Path)
    only = "measure nothing but the gate; not for the docs"
    parser.add_argument("--gate", action="store_true", help=only)
    return parser.parse_args()


def _title(database: str, server: str) -> str | None:
    """Return the database's name and version; None, said loudly, if it is not there."""
    if database == "sqlite":
        return report.sqlite_name()
    try:
        with psycopg.connect(server, connect_timeout=3) as connection:
            version = connection.info.parameter_status("server_version") or ""
    except psycopg.OperationalError as error:
        _say(f"SKIPPED: PostgreSQL ({str(error).splitlines()[0]})")
        return None
    return f"PostgreSQL {version.split()[0]}"


def _has_redis(url: str) -> bool:
    """Does Redis answer there? Said loudly if it does not."""
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
    except redis.RedisError as error:
        _say(f"SKIPPED: Redis ({str(error).splitlines()[0]})")
        return False
    return True


def _shown(result: Result) -> Result:
    """Say a result as soon as it is there."""
    figure = result.shown_figure or result.note
    goal = f"goal {result.limit:g} {result.unit}"
    times = f"{result.ours} : {result.theirs}" if result.theirs else result.ours
    clock = time.strftime("%H:%M:%S")
    _say(f"{clock} {result.verdict:<12} {result.what}: {figure}, {goal} [{times}]")
    return result


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
