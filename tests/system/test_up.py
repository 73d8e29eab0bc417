"""The real `manage.py up`, started, watched and stopped from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.running import processes

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
WORKER_READY = f" worker@{socket.gethostname()} ready.\n"  # not the sender

pytestmark = pytest.mark.system


def free_addresses(count: int) -> list[str]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all, since the first start in a new one takes longest."""
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture
def environ(data_dir: Path) -> dict[str, str]:
    web, mlflow = free_addresses(2)
    ours = ("SIGNOFF_", "MLFLOW_", "DATABASE_", "CELERY_", "DJANGO_", "PYTHONWARNINGS")
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(ours)},
        "SIGNOFF_DATA_DIR": str(data_dir),
        "SIGNOFF_BIND": web,
        "SIGNOFF_MLFLOW_BIND": mlflow,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def first_process(environ: dict[str, str], mark: str) -> int:
    """Return the process with the mark in its command line that started the others."""
    marked = [
        pid
        for pid, line in processes(environ).items()
        if mark in line and "supervised.py" not in line
    ]
    parents = {
        pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        for pid in marked
    }
    (first,) = [pid for pid, parent in parents.items() if parent not in marked]
    return first


def eventually(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except OSError:
        return False


def says(log: Path, text: str, times: int = 1) -> bool:
    return log.read_text().count(text) >= times


@contextmanager
def running(environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            command("up"), env=environ, stdout=output, stderr=output
        ) as process,
    ):
        try:
            assert eventually(
                lambda: says(log, "is ready") or process.poll() is not None,
                START_SECONDS,
            )
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.kill()


def refusal(environ: dict[str, str]) -> str:
    """Return what `up` says on stderr when it refuses to start: one line."""
    result = subprocess.run(  # noqa: S603 - our own command
        command("up"),
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_up_serves_survives_kills_and_leaves_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    health = f"http://{environ['SIGNOFF_BIND']}/healthz"

    with running(environ, log) as process:
        assert f"Signoff is ready: http://{environ['SIGNOFF_BIND']}" in log.read_text()
        assert answers(health)
        assert answers(f"http://{environ['SIGNOFF_MLFLOW_BIND']}/health")
        assert "is running with SIGNOFF_DATA_DIR" in refusal(environ)

        assert eventually(lambda: says(log, WORKER_READY), 60)

        # Each child is killed, and is back.
        for program, mark in {"web": "granian", "worker": " worker@%h "}.items():
            os.kill(first_process(environ, mark), signal.SIGKILL)
            message = f"{program} was killed by SIGKILL; starting it again in 1 s"
            assert eventually(partial(says, log, message), 30)
        assert eventually(lambda: answers(health), 60)
        assert eventually(lambda: says(log, WORKER_READY, times=2), 60)
        assert "Traceback" not in log.read_text()

        # Now `up` itself, which can do nothing about it.
        process.kill()
        process.wait()
        assert eventually(lambda: not processes(environ), 5)

    log = tmp_path / "log of the next"
    with running(environ, log) as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 0, log.read_text()
        assert not processes(environ)
        assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("variable", ["SIGNOFF_BIND", "SIGNOFF_MLFLOW_BIND"])
def test_a_port_in_use_is_named_with_its_variable(
    environ: dict[str, str], variable: str
) -> None:
    host, _, port = environ[variable].partition(":")
    with socket.create_server((host, int(port))):
        text = refusal(environ)

    assert f"Port {port} on {host} is in use" in text
    assert f"set {variable} to another address" in text


def test_two_servers_at_one_address_are_named_with_their_variables(
    environ: dict[str, str],
) -> None:
    environ["SIGNOFF_MLFLOW_BIND"] = environ["SIGNOFF_BIND"]

    both = f"SIGNOFF_BIND and SIGNOFF_MLFLOW_BIND are both {environ['SIGNOFF_BIND']}"
    assert both in refusal(environ)


def test_an_address_that_is_not_ours_is_named_with_its_variable(
    environ: dict[str, str],
) -> None:
    environ["SIGNOFF_BIND"] = "192.0.2.1:8000"  # reserved for documentation

    assert "SIGNOFF_BIND=192.0.2.1:8000 is no address to listen on" in refusal(environ)


def test_a_data_dir_that_cannot_be_made_is_named_with_its_variable(
    environ: dict[str, str], tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    data_dir.write_text("a file, not a folder")

    text = refusal({**environ, "SIGNOFF_DATA_DIR": str(data_dir)})

    assert f"SIGNOFF_DATA_DIR={data_dir} cannot be used" in text


def test_a_database_that_cannot_be_opened_is_named_with_its_variable(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ |= {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'missing' / 'db'}",
        "SIGNOFF_SECRET_KEY": "a secret key of this test alone",
        "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of this test",
    }

    assert "The database (DATABASE_URL) cannot be used" in refusal(environ)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGNOFF_BIND", "somewhere"),
        ("SIGNOFF_SYNC_SECONDS", "often"),
        ("MLFLOW_TRACKING_URI", "mlflow.example.com:5000"),
    ],
)
def test_a_bad_variable_is_named(
    environ: dict[str, str], variable: str, value: str
) -> None:
    assert variable in refusal({**environ, variable: value})


def test_a_key_of_stored_credentials_that_is_missing_is_named(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ["SIGNOFF_DATA_DIR"] = str(tmp_path / "data")  # it leaves a credential
    old = {**environ, "SIGNOFF_ENCRYPTION_KEYS": "the key of before this test"}
    store = (
        "from django.utils import timezone;"
        "from registry_ui.models import MLflowWebhook;"
        "row = MLflowWebhook(webhook_id='1', url='u', registered_at=timezone.now());"
        "row.secret = 'hidden'; row.save()"
    )
    for arguments in (["migrate", "-v0"], ["shell", "-v0", "-c", store]):
        subprocess.run(command(*arguments), env=old, check=True, timeout=120)  # noqa: S603

    text = refusal({**environ, "SIGNOFF_ENCRYPTION_KEYS": "another key than before"})

    assert "1 stored credential cannot be read" in text
    assert "SIGNOFF_ENCRYPTION_KEYS lacks the key" in text
    assert "--allow-unreadable" in text
    assert "hidden" not in text


def test_an_mlflow_that_is_down_is_a_warning_and_ctrl_c_an_end(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ["MLFLOW_TRACKING_URI"] = f"http://user:hidden@{free_addresses(1)[0]}"
    log = tmp_path / "log"

    with running(environ, log) as process:
        text = log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert not processes(environ)

    assert "nothing listens there. Signoff starts anyway" in text
    assert "hidden" not in text
