"""The processes that make up Signoff on one machine, as `manage.py up` starts them."""

import http.client
import os
import socket
import sys
from collections.abc import Mapping
from functools import partial

from django.conf import settings

from config.env import Address
from config.supervisor import Program

_PROBE_SECONDS = 2
_OK = 200
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not bound
_CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]


def environment(environ: Mapping[str, str], *, is_demo: bool) -> dict[str, str]:
    """Return the environment of all children.

    They keep the working directory, so that relative paths mean the same in each.
    """
    paths = [str(settings.BASE_DIR), environ.get("PYTHONPATH", "")]
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # Ten processes for jobs that a registry has no use for; reports to strangers.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Python's warnings are for who writes these programs, not for who runs them.
        "PYTHONWARNINGS": environ.get("PYTHONWARNINGS", "ignore"),
        **({"SIGNOFF_DEMO": "1"} if is_demo else {}),
    }


def mlflow() -> Program:
    """Return the embedded MLflow server: one worker, since more delay small answers."""
    host, port = settings.MLFLOW_BIND
    data = settings.DATA_DIR
    options = {
        "--backend-store-uri": f"sqlite:///{data / 'mlflow.db'}",
        "--artifacts-destination": str(data / "mlflow-artifacts"),
        "--host": host,
        "--port": str(port),
        "--workers": "1",
        # Without a line for each request: our own come every few seconds.
        "--uvicorn-opts": "--log-level warning",
    }
    arguments = [part for option in options.items() for part in option]
    return Program(
        "mlflow",
        [sys.executable, "-m", "mlflow", "server", "--serve-artifacts", *arguments],
        probe=partial(_is_healthy, settings.MLFLOW_BIND, "/health"),
    )


def web() -> Program:
    """Return the web server."""
    host, port = settings.BIND
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": "1",
        "--blocking-threads": "4",
        "--workers-kill-timeout": "5",
        "--log-level": "warning",
    }
    arguments = [part for option in options.items() for part in option]
    return Program(
        "web",
        [sys.executable, "-m", "granian", *arguments, "config.wsgi:application"],
        probe=partial(_is_healthy, settings.BIND, "/healthz"),
    )


def worker() -> Program:
    """Return the Celery worker that syncs and applies."""
    return _celery_worker("worker", settings.CELERY_TASK_DEFAULT_QUEUE)


def sender() -> Program:
    """Return the Celery worker that delivers webhooks.

    A worker of its own: receivers that hang take all the time they are given, and an
    approved promotion shall not wait for them. It forgets who called it before it was
    there: each of thousands of such messages would cost time, and one look does.
    """
    return _celery_worker("sender", settings.DELIVERY_QUEUE, "--purge")


def _celery_worker(name: str, queue: str, *more: str) -> Program:
    """Return a worker for one queue.

    Gossip, mingling and heartbeats are messages that nobody reads: whether a worker
    lives is told by what its tasks write.
    """
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    pool = ["-P", "threads", "-c", "4", "-n", f"{name}@%h", "-Q", queue]
    return Program(name, [*_CELERY, "worker", "-l", "INFO", *pool, *quiet, *more])


def beat() -> Program:
    """Return Celery's clock; inside a worker (`-B`) it would outlive a killed one."""
    return Program("beat", [*_CELERY, "beat", "-l", "INFO"])


def demo_seed() -> Program:
    """Return what fills an empty MLflow and database with the demo, once."""
    return Program("demo", _manage("demo_seed"))


def demo_receiver() -> Program:
    """Return the receiver of the demo's webhook."""
    return Program(
        "receiver",
        _manage("demo_receiver"),
        probe=partial(_accepts, settings.DEMO_RECEIVER_BIND),
    )


def _manage(command: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), command]


def _is_healthy(address: Address, path: str) -> bool:
    """Does a server of ours answer 200?"""
    host = _ANY_ADDRESS.get(address.host, address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _accepts(address: Address) -> bool:
    """Does a server of ours accept a connection?"""
    try:
        with socket.create_connection(address, timeout=_PROBE_SECONDS):
            return True
    except OSError:
        return False
