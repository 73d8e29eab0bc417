"""A stand-in for the jobs API of a Databricks workspace, on a real socket.

It checks what it is asked as the jobs API would, and starts one run for an idempotency
token however often it is asked. What no client of the jobs API would send is a fault.
"""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST_TOKEN_CHARACTERS = 64
MOST_PARAMETER_BYTES = 10_000

PARAMETERS_OF = {
    "notebook_task": {"notebook_params"},
    "python_wheel_task": {"notebook_params"},
    "spark_python_task": {"python_params"},
    "spark_jar_task": {"python_params"},
    "spark_submit_task": {"python_params"},
    "sql_task": set[str](),
    "pipeline_task": set[str](),
}
"""What the reference says that a job with a single task of this kind is given."""

ALL_PARAMETERS = {
    "notebook_params",
    "python_named_params",
    "jar_params",
    "python_params",
    "spark_submit_params",
}
"""The same of a job with several tasks."""


@dataclass(frozen=True)
class Run:
    """A run that was started."""

    run_id: int
    job_id: int
    token: str
    parameters: dict[str, Any]

    @property
    def event(self) -> dict[str, Any]:
        """Return the event that the run was told, by whichever of its parameters."""
        told = next(iter(self.parameters.values()))
        text = told["event_message"] if isinstance(told, dict) else told[0]
        event: dict[str, Any] = json.loads(text)
        return event


class RefusedError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"error_code": code, "message": message}


@dataclass
class JobsApi:
    """Jobs, who may run them, and what was asked.

    Attributes:
        token: the one that is in force.
        may_run: may its owner run the jobs?
        jobs: descriptions by job id, as `jobs/get` answers.
        runs: what was started, in order.
        calls: method and path of each request, in order.
        faults: what no client of the jobs API would send.
        lost_answers: so many runs are started without an answer.
        seconds_to_answer: how long it takes for each request.
        description: what `jobs/get` answers in the place of the truth.
    """

    token: str = "dapi-0123456789abcdef"  # noqa: S105 - opens nothing but this
    may_run: bool = True
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lost_answers: int = 0
    seconds_to_answer: float = 0
    description: bytes | None = None

    def __post_init__(self) -> None:
        """Listen on a free port of loopback."""
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.02], daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_job(self, job_id: int, *kinds: str, is_old_format: bool = False) -> None:
        """Have a job with a task of each kind; in the format of API 2.0 if asked."""
        tasks: list[dict[str, Any]] = [{"task_key": kind, kind: {}} for kind in kinds]
        settings: dict[str, Any] = {"tasks": tasks}
        if is_old_format:
            settings = {kinds[0]: {}}
        self.jobs[job_id] = {
            "job_id": job_id,
            "creator_user_name": "ada@example.com",
            "settings": {"name": "deploy", "max_concurrent_runs": 1, **settings},
        }

    def describe(self, query: str) -> bytes:
        """Answer `jobs/get`."""
        if self.description is not None:
            return self.description
        return json.dumps(self._job(int(parse_qs(query)["job_id"][0]))).encode()

    def start(self, body: bytes) -> bytes | None:
        """Answer `jobs/run-now`; None: the answer is lost on its way."""
        asked = json.loads(body)
        job_id, token = asked.pop("job_id"), asked.pop("idempotency_token")
        if type(job_id) is not int:
            raise RefusedError(400, "MALFORMED_REQUEST", "job_id must be a number")
        if not 0 < len(token) <= MOST_TOKEN_CHARACTERS:
            raise RefusedError(
                400, "INVALID_PARAMETER_VALUE", "idempotency_token too long"
            )
        self._check_parameters(self._job(job_id), asked)
        known = [run for run in self.runs if run.token == token]
        run = known[0] if known else Run(4000 + len(self.runs), job_id, token, asked)
        if not known:
            self.runs.append(run)
        if self.lost_answers:
            self.lost_answers -= 1
            return None
        return json.dumps({"run_id": run.run_id, "number_in_job": run.run_id}).encode()

    def check_token(self, authorization: str | None) -> None:
        """Refuse whoever is not known or not allowed."""
        if authorization != f"Bearer {self.token}":
            raise RefusedError(
                401, "UNAUTHENTICATED", "Credential was not sent or is bad."
            )
        if not self.may_run:
            raise RefusedError(403, "PERMISSION_DENIED", "User may not run this job.")

    def _job(self, job_id: int) -> dict[str, Any]:
        if job_id not in self.jobs:
            raise RefusedError(
                400, "INVALID_PARAMETER_VALUE", f"Job {job_id} does not exist."
            )
        return self.jobs[job_id]

    def _check_parameters(self, job: dict[str, Any], given: dict[str, Any]) -> None:
        """Note as a fault what the job would not be given in this way."""
        settings = job["settings"]
        tasks = settings.get("tasks") or [settings]
        kinds = [name for one in tasks for name in one if name.endswith("_task")]
        wanted = ALL_PARAMETERS if len(tasks) > 1 else PARAMETERS_OF[kinds[0]]
        if given.keys() != wanted:
            self.faults.append(f"{kinds} was given {sorted(given)}")
        for name, value in given.items():
            is_named = name in {"notebook_params", "python_named_params"}
            texts = value.values() if is_named else value
            if is_named and value.keys() != {"event_message"}:
                self.faults.append(f"{name} has {sorted(value)}")
            if [type(text) for text in texts] != [str]:
                self.faults.append(f"{name} is not one text")
            if len(json.dumps({name: value})) > MOST_PARAMETER_BYTES:
                raise RefusedError(
                    400, "INVALID_PARAMETER_VALUE", f"{name} is too long"
                )


class _Handler(BaseHTTPRequestHandler):
    """Hands requests to the stand-in."""

    protocol_version = "HTTP/1.1"
    api: JobsApi

    def do_GET(self) -> None:
        """Look a job up."""
        self._answer("/api/2.1/jobs/get")

    def do_POST(self) -> None:
        """Start a job."""
        if not self.headers["Content-Type"].startswith("application/json"):
            self.api.faults.append(f"content type {self.headers['Content-Type']}")
        self._answer("/api/2.1/jobs/run-now")

    def _answer(self, expected: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        time.sleep(self.api.seconds_to_answer)
        self.api.calls.append(f"{self.command} {parts.path}")
        if parts.path != expected:
            self.api.faults.append(f"{self.command} {parts.path}")
        try:
            self.api.check_token(self.headers["Authorization"])
            answer = (
                self.api.describe(parts.query)
                if self.command == "GET"
                else self.api.start(body)
            )
        except RefusedError as refusal:
            self._send(refusal.status, json.dumps(refusal.answer).encode())
            return
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(200, answer)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
