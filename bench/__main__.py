"""`make bench`: measure the budgets and write `docs/performance.md`."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import mirror, report
from bench.databases import postgresql_database
from bench.jobs import ROOT, Worker
from bench.pages import pages
from bench.registry import Shape
from bench.results import Result
from bench.signoff import Signoff, signoff_on_postgresql, signoff_on_sqlite
from bench.stores import postgresql_store, sqlite_store
from tests.mlflow_server import MLflowServer

_DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Bench:
    """What was asked for."""

    shape: Shape
    folder: Path
    postgres: str
    rounds: int

    def measure(self, database: str) -> Iterator[Result]:
        """Yield the result of each budget on one database."""
        _say("Filling MLflow's stores and starting their servers …")
        with ExitStack() as stack:
            enter = stack.enter_context
            uris = [
                enter(self._store(database, shape))
                for shape in (self.shape, self.shape.tenth())
            ]
            full_uri, small_uri = enter(self._servers(database, uris))
            full = enter(self._signoff(database, "full", full_uri))
            small = enter(self._signoff(database, "tenth", small_uri))
            log = self.folder / "raw.log"
            peer = enter(Worker.start("bench.raw", {}, log))
            with small.worker() as worker:
                worker.do("fill")
            yield from mirror.full_sync(full, self.shape, peer, self.rounds)
            yield from mirror.poll(full, small, peer, self.rounds)
            yield from mirror.load(full)
            yield from mirror.evidence(full, self.shape, peer, self.rounds)
            yield from pages(full, self.shape)

    @contextmanager
    def _store(self, database: str, shape: Shape) -> Iterator[str]:
        """Yield MLflow's URI of a filled store."""
        if database == "sqlite":
            yield sqlite_store(self.folder / "stores", shape)
            return
        name = f"signoff_bench_mlflow_{shape.models}"
        with postgresql_database(self.postgres, name) as url:
            yield postgresql_store(url, shape)

    @contextmanager
    def _servers(self, database: str, stores: list[str]) -> Iterator[list[str]]:
        """Run one MLflow a store; yield their addresses."""
        with ExitStack() as stack:
            servers = []
            for index, store in enumerate(stores):
                options = ("--backend-store-uri", store)
                quiet = ("--uvicorn-opts", "--log-level warning")
                folder = self.folder / f"mlflow-{database}-{index}"
                server = MLflowServer.launch(folder, arguments=(*options, *quiet))
                stack.callback(server.stop)
                servers.append(server)
            for server in servers:
                server.wait_until_ready()
            yield [server.uri for server in servers]

    def _signoff(
        self, database: str, name: str, mlflow_uri: str
    ) -> AbstractContextManager[Signoff]:
        folder = self.folder / "signoff"
        folder.mkdir(parents=True, exist_ok=True)
        if database == "sqlite":
            return signoff_on_sqlite(folder, name, mlflow_uri)
        return signoff_on_postgresql(folder, name, mlflow_uri, self.postgres)


def main() -> int:
    """Measure; return the exit status: 1 where a budget is not held."""
    arguments = _arguments()
    shape = Shape(arguments.models, arguments.versions, arguments.seed)
    folder = arguments.data_dir.resolve()
    bench = Bench(shape, folder, arguments.postgres, arguments.rounds)
    results = {}
    for database in arguments.databases:
        title = _title(database, arguments.postgres)
        if title is None:
            continue
        _say(f"\n{title}")
        results[title] = [_shown(result) for result in bench.measure(database)]
    command = f"make bench MODELS={shape.models} VERSIONS={shape.versions}"
    report.write(arguments.report, command, shape, results)
    broken = [row for rows in results.values() for row in rows if row.is_held is False]
    _say(f"\n{len(broken)} budgets are not held; see {arguments.report.name}.")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3, help="of each sync")
    parser.add_argument(
        "--databases", nargs="+", choices=_DATABASES, default=_DATABASES
    )
    parser.add_argument(
        "--postgres", default="postgres://postgres@127.0.0.1:5432/postgres"
    )
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "performance.md")
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
