"""MLflow's own pages behind Signoff obey it: docs/whole-server.md, as it stands."""

import http.client
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from playwright.sync_api import Browser, Page, expect

from tests.browser.whole_server import PREFIX, PROXIES, WholeServer
from tests.running import wait_for

PEOPLE = """
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from django.conf import settings
from registry_ui.models import Level, RegisteredModel
from tests.factories import grant, make_user
while not RegisteredModel.objects.filter(name="churn").exists():
    sync_mirror(MLflowClient(settings.MLFLOW_REGISTRY_URI))  # unless another is at it
model = RegisteredModel.objects.get(name="churn")
grant(make_user(username="dana"), Level.CAN_READ, model)
make_user(username="rui", level=Level.CAN_MANAGE)
"""
REGISTRY = f"{PREFIX}/ajax-api/2.0/mlflow"
CALL = """async ([method, path, body]) => {
  const answer = await fetch(path, {
    method, body: JSON.stringify(body), headers: {"Content-Type": "application/json"},
  });
  return [answer.status, await answer.text()];
}"""
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "model-versions/transition-stage", {"stage": "Production"}),
    ("POST", "registered-models/alias", {"alias": "champion"}),
    ("DELETE", "registered-models/alias", {"alias": "kept"}),
    ("POST", "registered-models/set-tag", {"key": "a", "value": "b"}),
    ("DELETE", "registered-models/delete-tag", {"key": "kept"}),
    ("POST", "model-versions/set-tag", {"key": "a", "value": "b"}),
    ("PATCH", "registered-models/update", {"description": "new"}),
    ("PATCH", "model-versions/update", {"description": "new"}),
    ("POST", "registered-models/rename", {"new_name": "stolen"}),
    ("POST", "model-versions/create", {"source": "s3://bucket/other"}),
    ("DELETE", "model-versions/delete", {}),
    ("DELETE", "registered-models/delete", {}),
]
FILES = [
    "get-artifact?path=x&run_uuid=y",
    "model-versions/get-artifact?name=churn&version=1&path=x",
    "ajax-api/2.0/mlflow/get-trace-artifact?request_id=x",
    "ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files?artifact_file_path=x",
    "ajax-api/2.0/mlflow-artifacts/artifacts/1/a%20page.html",
]
_numbers = count(1)
expect.set_options(timeout=20_000)

OpenAs = Callable[[str], Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    """One for all tests here, with a model that Dana may read and Rui manages."""
    running = WholeServer.launch(tmp_path_factory.mktemp("whole"))
    try:
        client = MlflowClient(running.mlflow.uri, running.mlflow.uri)
        for name in ("churn", "hidden"):
            client.create_registered_model(name, {"kept": "yes"})
            for _ in range(2):
                client.create_model_version(name, "s3://bucket/model")
            client.set_registered_model_alias(name, "kept", "1")
        running.signoff.manage("shell", "--no-imports", "-c", PEOPLE)
        yield running
    finally:
        running.stop()


@pytest.fixture
def plain(server: WholeServer) -> MlflowClient:
    """MLflow's own client, past both."""
    return MlflowClient(server.mlflow.uri, server.mlflow.uri)


@pytest.fixture(params=PROXIES)
def url(request: pytest.FixtureRequest, server: WholeServer) -> str:
    """Where people find both, behind each proxy."""
    return server.urls[request.param]


@pytest.fixture(scope="module")
def danas_token(server: WholeServer) -> str:
    return server.signoff.manage("api_token", "dana").splitlines()[-1]


@pytest.fixture
def open_as(browser: Browser, url: str) -> Iterator[OpenAs]:
    """Open MLflow's pages as somebody who signs in on the way."""
    opened: list[Page] = []

    def open_one(username: str) -> Page:
        page = browser.new_context(base_url=url).new_page()
        opened.append(page)
        page.set_default_timeout(15_000)
        page.goto(f"{PREFIX}/")
        expect(page).to_have_url(f"{url}/account/sign-in/?next={PREFIX}/")
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill("secret")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{url}{PREFIX}/**")
        return page

    yield open_one
    for page in opened:
        page.context.close()


def call(page: Page, method: str, path: str, **body: Any) -> tuple[int, str]:
    """Call as MLflow's scripts do, from the page that is open."""
    status, text = page.evaluate(CALL, [method, path, body])
    return status, text


def set_alias(page: Page, name: str, version: int, alias: str) -> None:
    """Give a version its first alias with MLflow's own dialog."""
    page.goto(f"{PREFIX}/#/models/{name}")
    row = page.get_by_role("row").filter(has_text=f"Version {version}")
    row.get_by_role("button", name="Add").last.click()
    dialog = page.get_by_role("dialog").filter(has_text="alias for model version")
    dialog.get_by_role("combobox").fill(alias)
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Save aliases").click()


def ask(url: str, method: str, path: str, token: str = "", **body: Any) -> int:
    """Call with a path as it is, spelt by no client's rules; return the status."""
    headers = {"Accept": "*/*", "Content-Type": "application/json"}
    if token:
        pair = b64encode(f"any:{token}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as line:
        line.request(method, path, json.dumps(body), headers)
        with line.getresponse() as answer:
            return answer.status


def events_of(server: WholeServer, name: str) -> list[tuple[str, str]]:
    """Return the audit log of a model: who, and what."""
    code = (
        "import json; from registry_ui.models import AuditEvent;"
        f" found = AuditEvent.objects.filter(model_name={name!r}).order_by('position');"
        " print(json.dumps([(e.actor_name, e.type) for e in found]))"
    )
    printed = server.signoff.manage("shell", "--no-imports", "-c", code)
    return [(who, what) for who, what in json.loads(printed.splitlines()[-1])]


def state_of(client: MlflowClient, name: str) -> tuple[Any, ...]:
    model, version = (
        client.get_registered_model(name),
        client.get_model_version(name, "1"),
    )
    return (
        *(model.description, model.tags, model.aliases, len(model.latest_versions)),
        *(version.description, version.tags, version.current_stage),
    )


def test_a_reader_sees_mlflows_pages_and_changes_nothing(
    open_as: OpenAs, plain: MlflowClient
) -> None:
    before = state_of(plain, "churn")
    page = open_as("dana")

    page.goto(f"{PREFIX}/#/models")
    expect(page.get_by_role("link", name="churn")).to_be_visible()
    expect(page.get_by_role("link", name="hidden")).to_have_count(0)
    set_alias(page, "churn", 2, "champion")
    refusal = page.get_by_role("dialog").get_by_text("Can Manage Production Versions")
    expect(refusal).to_be_visible()
    for method, path, body in WRITES:
        status, text = call(
            page, method, f"{REGISTRY}/{path}", name="churn", version="1", **body
        )
        assert (status, "PERMISSION_DENIED" in text) == (403, True), path
        status, text = call(
            page, method, f"{REGISTRY}/{path}", name="hidden", version="1", **body
        )
        assert status == 404, path
    assert (
        call(page, "POST", f"{REGISTRY}/registered-models/create", name="n")[0] == 403
    )
    assert call(page, "POST", f"{REGISTRY}/webhooks", name="n")[0] == 403

    assert state_of(plain, "churn") == before


def test_who_may_changes_the_registry_on_mlflows_pages_under_their_name(
    open_as: OpenAs, server: WholeServer, plain: MlflowClient
) -> None:
    name = f"managed-{next(_numbers)}"
    page = open_as("rui")

    def done(method: str, path: str, **body: Any) -> None:
        status, text = call(page, method, f"{REGISTRY}/{path}", name=name, **body)
        assert status == 200, text

    done("POST", "registered-models/create")
    done("POST", "model-versions/create", source="s3://bucket/model")
    done("PATCH", "registered-models/update", description="Rui's")
    done("POST", "registered-models/set-tag", key="a", value="b")
    done("POST", "model-versions/transition-stage", version="1", stage="Staging")
    with page.expect_response("**/registered-models/alias"):
        set_alias(page, name, 1, "champion")
    page.reload()  # MLflow's page does not show it by itself, past Signoff neither
    expect(page.get_by_role("cell", name="champion")).to_be_visible()

    assert plain.get_model_version_by_alias(name, "champion").version == "1"
    assert plain.get_registered_model(name).description == "Rui's"
    assert plain.get_model_version(name, "1").current_stage == "Staging"
    plain_events = events_of(server, name)
    assert {who for who, _ in plain_events} == {"rui"}
    assert {what for _, what in plain_events} >= {
        "registered_model.created",
        "model_version.created",
        "model_version.transitioned",
    }
    done("DELETE", "registered-models/delete")
    with pytest.raises(MlflowException, match="not found"):
        plain.get_registered_model(name)


def test_a_page_of_another_origin_changes_nothing(
    open_as: OpenAs, url: str, server: WholeServer, plain: MlflowClient
) -> None:
    page = open_as("rui")
    runs = len(plain.search_experiments())
    statuses: dict[str, int] = {}
    page.on("response", lambda r: statuses.update({r.url.rpartition("/")[2]: r.status}))

    # The same site, since ports do not count: the cookie goes along.
    page.goto(f"{server.mlflow.uri}/version")
    for path in ("registered-models/set-tag", "experiments/create"):
        page.evaluate(
            """([url]) => fetch(url, {
              method: "POST", mode: "no-cors", credentials: "include",
              body: JSON.stringify({name: "churn", key: "forged", value: "yes"}),
            })""",
            [f"{url}{REGISTRY}/{path}"],
        )

    assert statuses["set-tag"] == statuses["create"] == 403
    assert "forged" not in plain.get_registered_model("churn").tags
    assert len(plain.search_experiments()) == runs


def test_mlflow_gets_nothing_that_signoff_knows_people_by(
    open_as: OpenAs, url: str, server: WholeServer
) -> None:
    page = open_as("rui")
    secret = server.signoff.manage("api_token", "rui").splitlines()[-1]
    program = url.replace("://", f"://rui:{secret}@") + PREFIX
    client = MlflowClient(program, program)
    before = len(server.seen_by_mlflow())

    page.goto(f"{PREFIX}/#/models/churn")
    expect(page.get_by_role("row").filter(has_text="Version 1")).to_be_visible()
    created = call(page, "POST", f"{REGISTRY}/experiments/create", name=f"{url} page")
    client.create_experiment(f"{url} program")
    client.set_registered_model_tag("churn", "by", "program")

    assert created[0] == 200
    writes = {"experiments/create", "registered-models/set-tag"}

    def have_been_seen() -> bool:
        """Say so once it is written down, which comes after the answer."""
        paths = (call["path"] for call in server.seen_by_mlflow()[before:])
        return writes <= {path.partition("/2.0/mlflow/")[2] for path in paths}

    wait_for(have_been_seen, seconds=10, what="both writes reach MLflow")
    seen = server.seen_by_mlflow()[before:]
    for header in ("cookie", "authorization", "origin", "referer"):
        assert {call[header] for call in seen} == {""}


def test_files_of_runs_pass_whole(
    url: str, danas_token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = url.replace("://", f"://dana:{danas_token}@") + PREFIX
    monkeypatch.setenv("MLFLOW_TRACKING_URI", program)  # of the artifacts, too
    client = MlflowClient(program)
    run = client.create_run(client.create_experiment(f"{url} files")).info.run_id
    file = tmp_path / "a page, 100%.html"
    file.write_bytes(os.urandom(5_000_000))

    client.log_artifact(run, str(file))
    found = client.download_artifacts(run, file.name, str(tmp_path / "back"))

    assert Path(found).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        f"{REGISTRY}/registered-models/delete",
        f"{PREFIX}/api/2.0/mlflow/registered-models/delete",
        f"{REGISTRY}/%72egistered-models/delete",
        f"{REGISTRY}//registered-models/delete",
        f"{REGISTRY}/./registered-models/delete",
        f"{REGISTRY}/runs/../registered-models/delete",
        f"{REGISTRY}/runs/%2e%2e/registered-models/delete",
        f"{REGISTRY}%2fregistered-models/delete",
        f"/x/..{REGISTRY}/registered-models/delete",
        f"/%6dlflow{REGISTRY.removeprefix(PREFIX)}/registered-models/delete",
        f"{PREFIX}/{REGISTRY.removeprefix(PREFIX)}/registered-models/delete",
        f"{PREFIX}/ajax-api/2.0/mlflow/registered-models/delete/",
        f"{PREFIX}/ajax-api/2.0/preview/mlflow/registered-models/delete",
    ],
)
def test_no_spelling_of_a_path_leads_past_the_gate(
    path: str, url: str, danas_token: str, plain: MlflowClient
) -> None:
    status = ask(url, "DELETE", path, danas_token, name="churn")

    assert status >= 300
    assert plain.get_registered_model("churn").name == "churn"


def test_who_is_not_signed_in_gets_nothing_of_mlflow(
    url: str, server: WholeServer
) -> None:
    before = len(server.seen_by_mlflow())
    paths = ("/", "/graphql", "/get-artifact", "/ajax-api/2.0/mlflow/runs/get")
    found = {path: ask(url, "GET", f"{PREFIX}{path}") for path in paths}

    assert set(found.values()) == {401}
    assert [
        c for c in server.seen_by_mlflow()[before:] if "runs/get" in c["path"]
    ] == []


def test_mlflow_is_found_without_the_last_slash(url: str) -> None:
    answer = urllib3.request("GET", f"{url}{PREFIX}", redirect=False)

    assert answer.status in (301, 302, 308)
    assert answer.headers["Location"].removeprefix(url) == f"{PREFIX}/"


def test_what_works_past_the_gate_is_out_of_reach_and_files_run_no_scripts(
    open_as: OpenAs,
) -> None:
    page = open_as("rui")

    for path in (
        "assistant/message",
        "demo/generate",
        "demo/delete",
        "prompt-optimization/jobs",
    ):
        status, _ = call(page, "POST", f"{PREFIX}/ajax-api/3.0/mlflow/{path}")
        assert status == 404, path
    files = [page.request.get(f"{PREFIX}/{path}") for path in FILES]

    for file in files:
        assert file.headers["content-security-policy"] == "sandbox", file.url
