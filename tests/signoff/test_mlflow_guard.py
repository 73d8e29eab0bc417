"""`mlflow server --app-name signoff-guard`: only who has the secret changes things."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from mlflow import MlflowClient as PlainClient
from mlflow.exceptions import RestException
from pytest_django import Settings

from registry_ui.actions.apply import apply_due_requests
from registry_ui.actions.decisions import gather_decision
from registry_ui.actions.requests import create_request
from registry_ui.actions.reviews import review_request
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Level, ModelVersion, Review, TransitionRequest
from tests.factories import make_user
from tests.mlflow_server import MLflowServer, guard_variables

SECRET = "a-secret-of-signoff-and-mlflow"  # noqa: S105 - of a server on loopback
SIGNOFF = "https://signoff.example.com"
SOURCE = "s3://bucket/model"
VERSION = {"name": "churn", "version": "1"}
TAG = {"key": "owner", "value": "risk"}

WRITES: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "registered-models/create", {"name": "another"}),
    ("PATCH", "registered-models/update", {"name": "churn", "description": "x"}),
    ("POST", "registered-models/rename", {"name": "churn", "new_name": "x"}),
    ("POST", "registered-models/set-tag", {"name": "churn", **TAG}),
    ("DELETE", "registered-models/delete-tag", {"name": "churn", "key": "owner"}),
    ("POST", "registered-models/alias", {**VERSION, "alias": "champion"}),
    ("DELETE", "registered-models/alias", {"name": "churn", "alias": "champion"}),
    ("DELETE", "registered-models/delete", {"name": "churn"}),
    ("POST", "model-versions/create", {"name": "churn", "source": SOURCE}),
    ("PATCH", "model-versions/update", {**VERSION, "description": "x"}),
    ("POST", "model-versions/transition-stage", {**VERSION, "stage": "Production"}),
    ("POST", "model-versions/set-tag", {**VERSION, **TAG}),
    ("DELETE", "model-versions/delete-tag", {**VERSION, "key": "owner"}),
    ("DELETE", "model-versions/delete", VERSION),
    ("POST", "webhooks", {"name": "x", "url": "https://x.example.com"}),
    ("PATCH", "webhooks/1", {"name": "y"}),
    ("DELETE", "webhooks/1", {}),
    ("POST", "webhooks/1/test", {}),
]
READS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "registered-models/get?name=churn", {}),
    ("GET", "registered-models/search", {}),
    ("POST", "registered-models/get-latest-versions", {"name": "churn"}),
    ("GET", "registered-models/alias?name=churn&alias=latest", {}),
    ("GET", "model-versions/get?name=churn&version=1", {}),
    ("GET", "model-versions/search", {}),
    ("GET", "model-versions/get-download-uri?name=churn&version=1", {}),
    ("POST", "runs/create", {"experiment_id": "0"}),
]


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of an MLflow in whose environment this package is installed."""
    return guard_variables(tmp_path_factory.mktemp("site"), SECRET) | {
        "SIGNOFF_BASE_URL": SIGNOFF
    }


@pytest.fixture(scope="module", params=["", "/prefix"], ids=["plain", "prefix"])
def guarded(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    guard: dict[str, str],
) -> Iterator[MLflowServer]:
    """A guarded MLflow with one version of churn."""
    arguments: tuple[str, ...] = ("--app-name", "signoff-guard")
    if request.param:
        arguments += ("--static-prefix", request.param)
    server = MLflowServer.launch(
        tmp_path_factory.mktemp("guarded"), arguments=arguments, environment=guard
    )
    server.uri += request.param
    try:
        server.wait_until_ready()
        make_version(server, "churn")
        yield server
    finally:
        server.stop()


def call(
    server: MLflowServer,
    method: str,
    path: str,
    body: dict[str, Any],
    *,
    secret: str | None = None,
    api: str = "/api/2.0/mlflow/",
) -> tuple[int, Any]:
    headers = {} if secret is None else {"X-Signoff-Guard": secret}
    answer = urllib3.request(
        method,
        f"{server.uri}{api}{path}",
        headers=headers,
        json=body if method != "GET" else None,
        redirect=False,
        retries=False,
    )
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    return answer.status, answer.json() if is_json else answer.data


def make_version(server: MLflowServer, name: str) -> None:
    call(server, "POST", "registered-models/create", {"name": name}, secret=SECRET)
    body = {"name": name, "source": SOURCE}
    status, _ = call(server, "POST", "model-versions/create", body, secret=SECRET)
    assert status == 200


@pytest.mark.parametrize("api", ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"])
def test_no_write_without_the_secret_arrives(guarded: MLflowServer, api: str) -> None:
    for method, path, body in WRITES:
        for secret in (None, "", "wrong", SECRET[:-1], f"{SECRET}x"):
            status, said = call(guarded, method, path, body, secret=secret, api=api)

            assert status == 403, (method, path)
            assert said["error_code"] == "PERMISSION_DENIED"
            assert SIGNOFF in said["message"]
            assert SECRET not in str(said)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "demo/generate"),
        ("POST", "demo/delete"),
        ("POST", "prompt-optimization/jobs"),
        ("DELETE", "workspaces/team?mode=SET_DEFAULT"),
        ("PATCH", "workspaces/team"),
    ],
)
def test_what_changes_the_registry_by_itself_is_refused(
    guarded: MLflowServer, method: str, path: str
) -> None:
    status, said = call(guarded, method, path, {}, api="/ajax-api/3.0/mlflow/")

    assert (status, said["error_code"]) == (403, "PERMISSION_DENIED")


def test_no_job_registers_prompts(tmp_path: Path, guard: dict[str, str]) -> None:
    """The call of jobs is no route of Flask's, which is all that the guard sees."""
    job = {"job_name": "optimize_prompts", "params": {}}
    server = MLflowServer.launch(
        tmp_path,
        arguments=("--app-name", "signoff-guard"),
        environment=guard | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "true"},
    )
    try:
        server.wait_until_ready()
        status, said = call(server, "POST", "jobs/", job, api="/ajax-api/3.0/")
    finally:
        server.stop()

    assert status == 400
    assert "is not in the allowed job function list" in said["detail"]


def test_no_other_spelling_of_a_path_leads_round_it(guarded: MLflowServer) -> None:
    body = {"name": "smuggled"}
    for path in (
        "/api/2.0/mlflow//registered-models/create",
        "//api/2.0/mlflow/registered-models/create",
        "/api/2.0/mlflow/registered-models/create/",
        "/api/2.0/mlflow/%72egistered-models/create",
        "/api/2.0/mlflow/x/../registered-models/create",
        "/api/2.0/mlflow/x/%2e%2e/registered-models/create",
        "/API/2.0/mlflow/registered-models/create",
        "/api/2.0/mlflow/registered-models/create;x",
        "/api/2.0/preview/mlflow/registered-models/create",
    ):
        status, _ = call(guarded, "POST", path, body, api="")
        assert status != 200, path
    for method in ("PUT", "post", "PROPFIND"):
        call(guarded, method, "registered-models/create", body)
    override = urllib3.request(
        "GET",
        f"{guarded.uri}/api/2.0/mlflow/registered-models/create?name=smuggled",
        headers={"X-HTTP-Method-Override": "POST"},
    )

    assert override.status != 200
    status, _ = call(guarded, "GET", "registered-models/get?name=smuggled", {})
    assert status == 404


@pytest.mark.parametrize("api", ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"])
def test_reads_and_runs_pass(guarded: MLflowServer, api: str) -> None:
    for method, path, body in READS:
        status, said = call(guarded, method, path, body, api=api)

        assert status == 200, (path, said)


def test_who_has_the_secret_writes(guarded: MLflowServer) -> None:
    for method, path, body in WRITES[3:7]:
        assert call(guarded, method, path, body, secret=SECRET)[0] == 200, path


def test_each_answer_says_that_the_server_is_guarded(guarded: MLflowServer) -> None:
    address = f"{guarded.uri}/api/2.0/mlflow/registered-models"
    for method, path in (("GET", "search"), ("POST", "create")):
        answer = urllib3.request(method, f"{address}/{path}", redirect=False)

        assert answer.headers["X-Signoff-Guard"] == "on"


def test_mlflows_own_client_reads_and_is_told_where_to_write(
    guarded: MLflowServer,
) -> None:
    plain = PlainClient(guarded.uri, guarded.uri)

    with pytest.raises(RestException, match=SIGNOFF) as refused:
        plain.set_registered_model_alias("churn", "champion", "1")

    assert refused.value.error_code == "PERMISSION_DENIED"
    assert plain.get_registered_model("churn").aliases == {}


@pytest.mark.django_db
def test_signoff_syncs_and_applies(guarded: MLflowServer, settings: Settings) -> None:
    settings.MLFLOW_GUARD_SECRET = SECRET
    ours = MLflowClient(guarded.uri)
    make_version(guarded, "applied")

    sync_mirror(ours)
    ask = create_request(
        ModelVersion.objects.select_related("model").get(model__name="applied"),
        "stage:Production",
        actor=make_user(level=Level.CAN_EDIT),
        comment="Better.",
    )
    review_request(
        ask,
        Review.Decision.APPROVE,
        actor=make_user(level=Level.CAN_MANAGE_PRODUCTION_VERSIONS),
        seen=gather_decision(ask).fingerprint,
    )
    apply_due_requests(ours)

    ask.refresh_from_db()
    assert ask.status == TransitionRequest.Status.APPLIED
    assert ours.get_version("applied", 1).stage == "Production"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SIGNOFF_GUARD_SECRET": ""}, "SIGNOFF_GUARD_SECRET"),
        ({"SIGNOFF_GUARD_SECRET": "short"}, "at least 16 characters"),
        ({"SIGNOFF_GUARD_APP": "no-such-app"}, "SIGNOFF_GUARD_APP"),
    ],
)
def test_the_server_does_not_start_where_it_would_guard_nothing(
    tmp_path: Path, guard: dict[str, str], variables: dict[str, str], message: str
) -> None:
    server = MLflowServer.launch(
        tmp_path,
        arguments=("--app-name", "signoff-guard"),
        environment=guard | variables,
    )

    assert server.process.wait(120) != 0
    assert message in (tmp_path / "server.log").read_text()
