"""A client's process, from outside: call by call, with what it returned or raised."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
from django.conf import settings

ENVIRONMENT = Path(settings.BASE_DIR) / ".venv" / "clients"
SCRIPTS = {
    "databricks-sdk": "run_sdk.py",
    "databricks-registry-webhooks": "run_registry_webhooks.py",
}


class ClientError(Exception):
    """What a client raised.

    Attributes:
        kind: the name of its class.
        code: the `error_code` that it carries.
    """

    def __init__(self, kind: str, code: str | None, message: str) -> None:
        super().__init__(message)
        self.kind, self.code = kind, code


def python_of_clients() -> str:
    """Return the Python that has the clients; skip the test where there is none."""
    folder = Path(os.environ.get("SIGNOFF_TEST_CLIENTS", ENVIRONMENT))
    python = folder / "bin" / "python"
    if python.exists():
        return str(python)
    reason = "Databricks' clients are not installed: make clients"
    if os.environ.get("SIGNOFF_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class ClientProcess:
    """One client; whoever has a token may use it."""

    name: str
    process: "subprocess.Popen[str]"
    complaints: IO[str]
    slowest_seconds: float = field(default=0.0)

    @classmethod
    def start(cls, name: str, *, host: str) -> "ClientProcess":
        """Start a client that knows nothing of this machine but the host."""
        complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        process = subprocess.Popen(  # noqa: S603 - our own script
            [python_of_clients(), str(Path(__file__).parent / SCRIPTS[name])],
            env={
                "DATABRICKS_HOST": host,
                "DATABRICKS_CONFIG_FILE": os.devnull,
                # The clients' own, about the age of their protobuf.
                "PYTHONWARNINGS": "ignore",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        client = cls(name, process, complaints)
        assert client._read() == "ready", client.complained()
        return client

    def call(self, token: str, verb: str, **given: Any) -> Any:
        """Return what the client returned, as JSON has it.

        Raises:
            ClientError: what the client raised.
        """
        assert self.process.stdin
        begun = time.monotonic()
        self.process.stdin.write(json.dumps([token, verb, given]) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)
        if "raised" in answer:
            raise ClientError(answer["raised"], answer["code"], answer["message"])
        return answer["returned"]

    def _read(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.complained()
        return json.loads(line)

    def complained(self) -> str:
        """Return what it wrote on stderr, such as warnings."""
        self.complaints.seek(0)
        return self.complaints.read()

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()
        self.complaints.close()


@dataclass(frozen=True)
class InHandsOf:
    """A client, used with somebody's token."""

    client: ClientProcess
    token: str

    def call(self, verb: str, **given: Any) -> Any:
        """Return what the client returned; raises `ClientError`."""
        return self.client.call(self.token, verb, **given)
