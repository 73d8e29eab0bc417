"""A real `mlflow server` for tests and for whatever else needs one of its own."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 240.0
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.1
# Parents before children.
REGISTRY_TABLES = [
    "registered_models",
    "registered_model_tags",
    "model_versions",
    "model_version_tags",
    "registered_model_aliases",
]


def guard_variables(site: Path, secret: str) -> dict[str, str]:
    """Return the variables of an MLflow in whose environment Signoff is installed.

    What an installation would write is written here, so that no test asks for one.

    Args:
        site: an empty folder.
        secret: that Signoff sends.
    """
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    info = site / "signoff-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: signoff\nVersion: 0\n")
    points = declared["entry-points"]["mlflow.app"].items()
    lines = ["[mlflow.app]", *(f"{name} = {value}" for name, value in points)]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return {"PYTHONPATH": f"{site}:{ROOT}", "SIGNOFF_GUARD_SECRET": secret}


@dataclass(slots=True)
class MLflowServer:
    """One running server with SQLite and local artifacts below `folder`."""

    uri: str
    folder: Path
    process: "subprocess.Popen[bytes]"

    @classmethod
    def launch(
        cls,
        folder: Path,
        *,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> "MLflowServer":
        """Start the server and return at once; it takes 10 s of CPU to be ready.

        Args:
            folder: for database, artifacts and `server.log`; may hold those of an
                earlier server.
            arguments: more of `mlflow server`'s options.
            environment: more variables for it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        command = [sys.executable, "-m", "mlflow", "server"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(folder / "artifacts"), *arguments]
        # The caller's own way to MLflow must not reach the server's process.
        inherited = {
            key: value for key, value in os.environ.items() if "MLFLOW" not in key
        }
        settings = {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        with (folder / "server.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command,
                env=inherited | settings | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(f"http://127.0.0.1:{port}", folder, process)

    def wait_until_ready(self) -> None:
        """Return when the server answers.

        Raises:
            RuntimeError: it ended or took too long; with the end of its log.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._answers():
                return
            time.sleep(_POLL_SECONDS)
        log = (self.folder / "server.log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"mlflow server did not start:\n{log[-3000:]}")

    def store(self) -> "closing[sqlite3.Connection]":
        """Open its database, past the server; close it by `with`."""
        return closing(sqlite3.connect(self.folder / "mlflow.db"))

    def empty_registry(self) -> None:
        """Take every model out of its database, as if there had never been one."""
        with self.store() as store:
            for table in reversed(REGISTRY_TABLES):
                store.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
            store.commit()

    def stop(self) -> None:
        """End the server and its worker, by force if they do not end in time."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(STOP_SECONDS)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._kill_group()
            self.process.wait()

    def _kill_group(self) -> None:
        """Kill what is left: the group lives as long as the worker does."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
