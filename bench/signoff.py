"""A Signoff of the bench's own: its database, its processes, its web server."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.databases import Databases
from bench.jobs import ROOT, Worker
from tests.running import free_port

_EMPTY = "empty"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Signoff:
    """One installation with its own database.

    Attributes:
        databases: where its database is.
        name: of its database.
        environment: of all its processes.
        cookie: of somebody who is signed in and may read all.
        log: gets what its processes say.
    """

    databases: Databases
    name: str
    environment: Mapping[str, str]
    cookie: str
    log: Path

    @property
    def mlflow_uri(self) -> str:
        """The MLflow that it mirrors."""
        return self.environment["MLFLOW_TRACKING_URI"]

    def empty(self) -> None:
        """Put an empty database in the place of the one it has."""
        self.databases.create(self.name, template=_EMPTY)

    def worker(self) -> Worker:
        """Start a process that does the jobs of `bench.product`."""
        return Worker.start("bench.product", self.environment, self.log)

    def through(self, broker_url: str) -> "Signoff":
        """Return the same whose worker is woken through another broker."""
        broker = {"CELERY_BROKER_URL": broker_url}
        return replace(self, environment={**self.environment, **broker})

    def under_policy(self, name: str) -> "Signoff":
        """Return the same with another policy for what no policy is made for."""
        return replace(
            self, environment={**self.environment, "SIGNOFF_DEFAULT_POLICY": name}
        )

    @contextmanager
    def running(self, *, delivers: bool = False) -> Iterator[str]:
        """Run web server and worker as `manage.py up` does; yield the URL.

        Args:
            delivers: run the sender of webhooks, too.
        """
        with self.worker() as worker:
            how = worker.do("programs_to_run", delivers=delivers)
        url = f"http://{self.environment['SIGNOFF_BIND']}"
        with self.log.open("ab") as log:
            processes = [
                subprocess.Popen(  # noqa: S603 - the product's own commands
                    command, cwd=ROOT, env=how["environment"], stdout=log, stderr=log
                )
                for command in how["commands"]
            ]
        try:
            _wait_for(f"{url}/healthz")
            yield url
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(_STOP_SECONDS)


def install(
    databases: Databases, folder: Path, mlflow_uris: Mapping[str, str]
) -> dict[str, Signoff]:
    """Make installations whose databases are empty.

    Args:
        databases: where theirs are made.
        folder: what they share, such as static files.
        mlflow_uris: of the MLflow that each mirrors, by its name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "signoff.log"
    environment = _environment(folder, databases.create(_EMPTY), "http://127.0.0.1:9")
    with Worker.start("bench.product", environment, log) as worker:
        cookie = worker.do("prepare")["cookie"]
    installed = {}
    for name, uri in mlflow_uris.items():
        environment = _environment(folder, databases.url(name), uri)
        installed[name] = Signoff(databases, name, environment, cookie, log)
        installed[name].empty()
    return installed


def _environment(folder: Path, database_url: str, mlflow_uri: str) -> dict[str, str]:
    """Return the variables of a default installation, whatever the caller has set."""
    others = ("SIGNOFF_", "MLFLOW_", "DJANGO_", "CELERY_", "DATABASE_URL")
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(others)
    }
    return kept | {
        "SIGNOFF_DATA_DIR": str(folder),
        "SIGNOFF_BIND": f"127.0.0.1:{free_port()}",
        "SIGNOFF_SECRET_KEY": "a key that is only used by the bench",
        "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of the bench",
        "DATABASE_URL": database_url,
        "MLFLOW_TRACKING_URI": mlflow_uri,
        "SIGNOFF_WEBHOOK_ALLOW_HTTP": "1",
        "SIGNOFF_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }


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
