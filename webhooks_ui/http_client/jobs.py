"""Starting a Databricks job: which form its event takes is looked up, then it runs.

Source: Databricks, Jobs API 2.1 (`jobs/get`, `jobs/run-now`), and "Workspace Model
Registry webhooks" for the parameters that a job of each kind is given.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from webhooks_ui.http_client.failures import Failure
from webhooks_ui.models import ParameterForm
from webhooks_ui.models.attempts import JOB_LOOKUP_PATH, is_success

if TYPE_CHECKING:
    from webhooks_ui.http_client.exchange import Answer, Outgoing

START_PATH = "/api/2.1/jobs/run-now"
MOST_LOOKUP_BYTES = 1024 * 1024
"""Of a job's description, which names each of up to 100 tasks with its cluster."""

MOST_PARAMETER_BYTES = 9_900
"""The jobs API refuses parameters above 10,000 bytes of JSON; names take some."""

_CUT_TO = (2_000, 500, 100)  # characters of each text, until the whole fits
_LONGEST_MESSAGE = 300
_NAMED_TASKS = frozenset({"notebook_task", "python_wheel_task"})
_LISTED_TASKS = frozenset({"spark_python_task", "spark_jar_task", "spark_submit_task"})


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run to start.

    Attributes:
        event: the payload as JSON text.
        idempotency_token: the jobs API starts one run for it, however often asked.
        parameter_form: as remembered; empty where it must be looked up.
    """

    workspace_url: str
    job_id: str
    event: str
    idempotency_token: str
    parameter_form: str = ""

    @property
    def lookup_url(self) -> str:
        """Return where the job is described."""
        return f"{self.workspace_url}{JOB_LOOKUP_PATH}{self.job_id}"

    @property
    def start_url(self) -> str:
        """Return where the job is started."""
        return f"{self.workspace_url}{START_PATH}"


@dataclass(frozen=True, slots=True)
class JobTrace:
    """What was asked of the jobs API, and what is known of the job since.

    Attributes:
        url: of the last request: the look-up's where it failed.
        body: of the last request.
        parameter_form: to remember; empty to look it up again.
        is_news: does it differ from what was known before?
    """

    url: str
    body: bytes = b""
    parameter_form: str = ""
    is_news: bool = False


KnownForms = MutableMapping[tuple[str, str], str]
"""What a sender has looked up: forms by endpoint and address of the look-up."""

Call = Callable[["Outgoing"], Awaitable["Answer"]]


async def start_job(
    request: "Outgoing", run: JobRun, *, call: Call, known: KnownForms
) -> "Answer":
    """Start a run, looking up first what the job takes where that is not known.

    Args:
        request: with which credentials; its address and body are made here.
        run: what to start.
        call: sends one request.
        known: filled here, so that many deliveries at once cost one look-up.

    Returns:
        The answer to the start, or to the look-up where that did not succeed.
    """
    key = (request.endpoint, run.lookup_url)
    form = run.parameter_form or known.get(key, "")
    found = None
    if not form:
        found = await call(_lookup(request, run))
        form = form_of(found.body) if _has_succeeded(found) else ""
        if not form:
            return _not_looked_up(found, run)
        known[key] = form
    body = body_of(run, ParameterForm(form))
    answer = await call(replace(request, url=run.start_url, body=body, job=None))
    if answer.status_code is not None and not _has_succeeded(answer):
        answer = replace(answer, error=_in_words(answer, "The job was not started"))
    if is_refused := _is_refused(answer):
        known.pop(key, None)
    trace = JobTrace(
        run.start_url,
        body,
        parameter_form="" if is_refused else form,
        is_news=is_refused or not run.parameter_form,
    )
    return _since(found, replace(answer, job=trace))


def form_of(description: bytes) -> ParameterForm | Literal[""]:
    """Return how the described job takes an event; empty: this describes no job.

    Args:
        description: an answer of `jobs/get`, in the format of 2.1 or of 2.0, which
            has no list of tasks.
    """
    tasks = _tasks_in(description)
    if len(tasks) > 1:
        return ParameterForm.ALL
    kinds = {name for task in tasks for name in task if name.endswith("_task")}
    if kinds & _NAMED_TASKS:
        return ParameterForm.NAMED
    if kinds & _LISTED_TASKS:
        return ParameterForm.LISTED
    return ParameterForm.NONE if kinds else ""


def _tasks_in(description: bytes) -> list[dict[str, Any]]:
    """Return the tasks of a job; empty where this is no description of one."""
    try:
        job = json.loads(description)
    except (ValueError, RecursionError):
        return []
    settings = job.get("settings") if isinstance(job, dict) else None
    if not isinstance(settings, dict):
        return []
    tasks = settings.get("tasks") or [settings]
    is_list = isinstance(tasks, list) and all(isinstance(one, dict) for one in tasks)
    return tasks if is_list else []


def body_of(run: JobRun, form: ParameterForm) -> bytes:
    """Return the body that starts a run and tells it of the event."""
    event = fitting(run.event)
    named, listed = {"event_message": event}, [event]
    parameters: dict[ParameterForm, dict[str, Any]] = {
        ParameterForm.NAMED: {"notebook_params": named},
        ParameterForm.LISTED: {"python_params": listed},
        ParameterForm.NONE: {},
        ParameterForm.ALL: {
            "notebook_params": named,
            "python_named_params": named,
            "jar_params": listed,
            "python_params": listed,
            "spark_submit_params": listed,
        },
    }
    body = {
        "job_id": int(run.job_id),
        **parameters[form],
        "idempotency_token": run.idempotency_token,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def fitting(event: str) -> str:
    """Return the event, its texts cut where the jobs API would refuse its length."""
    for longest in _CUT_TO:
        if len(json.dumps(event)) <= MOST_PARAMETER_BYTES:
            break
        event = json.dumps(
            _cut(json.loads(event), longest), ensure_ascii=False, separators=(",", ":")
        )
    return event


def _cut(value: Any, longest: int) -> Any:
    """Return a JSON value with each of its texts cut; a cut shows as `…`."""
    match value:
        case str():
            return value if len(value) <= longest else value[:longest] + "…"
        case list():
            return [_cut(one, longest) for one in value]
        case dict():
            return {name: _cut(one, longest) for name, one in value.items()}
    return value


def _lookup(request: "Outgoing", run: JobRun) -> "Outgoing":
    headers = {
        name: value for name, value in request.headers.items() if name != "Content-Type"
    }
    return replace(
        request,
        method="GET",
        url=run.lookup_url,
        headers=headers,
        body=b"",
        keeps_bytes=MOST_LOOKUP_BYTES,
        job=None,
    )


def _not_looked_up(found: "Answer", run: JobRun) -> "Answer":
    """Return what the attempt ends with: never a success, for nothing was started."""
    trace = JobTrace(run.lookup_url)
    if not _has_succeeded(found):
        words = _in_words(found, "The job could not be looked up")
        return replace(found, error=words, job=trace)
    return replace(
        found,
        status_code=None,
        failure=Failure.PROTOCOL,
        error="The job could not be looked up: what came back describes no job. Is the"
        " address that of a Databricks workspace?",
        job=trace,
    )


def _since(found: "Answer | None", answer: "Answer") -> "Answer":
    """Return the answer as one that began with the look-up."""
    if found is None:
        return answer
    return replace(
        answer,
        started_at=found.started_at,
        duration_ms=found.duration_ms + answer.duration_ms,
    )


def _has_succeeded(answer: "Answer") -> bool:
    return answer.status_code is not None and is_success(answer.status_code)


def _is_refused(answer: "Answer") -> bool:
    """Does the workspace not want this request, whenever it comes?"""
    status = answer.status_code or 0
    is_of_client = 400 <= status <= 499  # noqa: PLR2004 - the 4xx class
    return is_of_client and status != HTTPStatus.TOO_MANY_REQUESTS


def _in_words(answer: "Answer", what: str) -> str:
    """Return as sentences what an answer other than success says."""
    if answer.status_code is None:
        return f"{what}. {answer.error}"
    reason = _message_in(answer.body) or answer.error.rstrip(".")
    words = f"{what}: the workspace answered {answer.status_code}"
    words += f", “{reason}”." if reason else "."
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        words += (
            " Check that the access token is in force, and that whom it belongs to may"
            " run the job."
        )
    return words


def _message_in(body: bytes) -> str:
    """Return the message of an error of the jobs API; empty where it has none."""
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return ""
    text = " ".join(message.split())
    return "".join(c for c in text if c.isprintable())[:_LONGEST_MESSAGE].rstrip(".")
