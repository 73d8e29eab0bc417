"""A Signoff of the bench's own: its database, its processes, its web server."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import create_database, postgresql_database
from bench.jobs import ROOT, Worker
from tests.running import free_port

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Signoff:
    """Where it is.

    Attributes:
        environment: of all its processes.
        cookie: of somebody who is signed in and may read all.
        empty: puts an empty database in the place of the one it has.
        log: gets what its processes say.
    """

    environment: Mapping[str, str]
    cookie: str
    empty: Callable[[], object]
    log: Path

    def worker(self) -> Worker:
        """Start a process that does the jobs of `bench.product`."""
        return Worker.start("bench.product", self.environment, self.log)

    @contextmanager
    def web_server(self) -> Iterator[str]:
        """Run the web server as `manage.py up` does; yield its URL."""
        with self.worker() as worker:
            how = worker.do("web_server")
        url = f"http://{self.environment['SIGNOFF_BIND']}"
        with self.log.open("ab") as log:
            server = subprocess.Popen(  # noqa: S603 - the product's own command
                how["command"], cwd=ROOT, env=how["environment"], stdout=log, stderr=log
            )
        try:
            _wait_for(f"{url}/healthz")
            yield url
        finally:
            server.terminate()
            server.wait(_STOP_SECONDS)


@contextmanager
def signoff_on_sqlite(folder: Path, name: str, mlflow_uri: str) -> Iterator[Signoff]:
    """Yield a Signoff with an empty SQLite database below the folder.

    Args:
        folder: holds what all of them share, such as static files.
        name: of this one.
        mlflow_uri: of the MLflow that it mirrors.
    """
    template, database = folder / f"{name}-empty.sqlite3", folder / f"{name}.sqlite3"
    for path in folder.glob(f"{name}*.sqlite3*"):
        path.unlink()

    def empty() -> None:
        for path in folder.glob(f"{database.name}-*"):
            path.unlink()  # the write-ahead log of the one before
        shutil.copyfile(template, database)

    cookie = _prepare(folder, f"sqlite:///{template}", mlflow_uri)
    empty()
    environment = _environment(folder, f"sqlite:///{database}", mlflow_uri)
    yield Signoff(environment, cookie, empty, _log(folder))


@contextmanager
def signoff_on_postgresql(
    folder: Path, name: str, mlflow_uri: str, server: str
) -> Iterator[Signoff]:
    """Yield a Signoff with an empty database of its own on the server."""
    template, database = f"signoff_bench_{name}_empty", f"signoff_bench_{name}"
    with (
        postgresql_database(server, template) as template_url,
        postgresql_database(server, database) as url,
    ):

        def empty() -> None:
            create_database(server, database, template=template)

        cookie = _prepare(folder, template_url, mlflow_uri)
        empty()
        environment = _environment(folder, url, mlflow_uri)
        yield Signoff(environment, cookie, empty, _log(folder))


def _prepare(folder: Path, database_url: str, mlflow_uri: str) -> str:
    environment = _environment(folder, database_url, mlflow_uri)
    with Worker.start("bench.product", environment, _log(folder)) as worker:
        cookie: str = worker.do("prepare")["cookie"]
        return cookie


def _environment(folder: Path, database_url: str, mlflow_uri: str) -> dict[str, str]:
    """Return the variables of a default installation, whatever the caller has set."""
    ours = ("SIGNOFF_", "MLFLOW_", "DJANGO_", "CELERY_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return kept | {
        "SIGNOFF_DATA_DIR": str(folder),
        "SIGNOFF_BIND": f"127.0.0.1:{free_port()}",
        "SIGNOFF_SECRET_KEY": "a key that is only used by the bench",
        "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of the bench",
        "DATABASE_URL": database_url,
        "MLFLOW_TRACKING_URI": mlflow_uri,
    }


def _log(folder: Path) -> Path:
    return folder / "signoff.log"


def _wait_for(url: str) -> None:
    """Return when the address answers 200."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
