"""Ways round the registry's API: what is said of each is what happens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from registry_ui.api.enforcement.acts import ACTS
from registry_ui.api.enforcement.detours import DETOURS
from registry_ui.api.enforcement.installation import look_around
from registry_ui.api.enforcement.matrix import ROLES, Way
from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.models import AuditEvent, Incident
from tests.mlflow_server import MLflowServer
from tests.registry_ui.api.enforcement.conftest import GUARD_SECRET, Grounds
from tests.registry_ui.api.enforcement.trying import by_http, state_of

ALIAS = next(act for act in ACTS if act.slug == "set-alias")


def forge(grounds: Grounds, name: str, _tmp_path: Path) -> None:
    browser = grounds.person(ROLES[-1]).browser
    cookie = browser.cookies[configured.SESSION_COOKIE_NAME].value
    headers = {
        "Cookie": f"{configured.SESSION_COOKIE_NAME}={cookie}",
        "Origin": "https://elsewhere.example.com",
        "Sec-Fetch-Site": "cross-site",
    }
    for api in ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"):
        status, said = by_http(grounds.address, ALIAS, name, headers=headers, api=api)
        assert status in {401, 403}
        assert said


def write_stage(grounds: Grounds, name: str, _tmp_path: Path) -> None:
    in_store(
        grounds,
        "UPDATE model_versions SET current_stage = 'Production'"
        " WHERE name = ? AND version = 2",
        name,
    )


def write_alias(grounds: Grounds, name: str, _tmp_path: Path) -> None:
    in_store(
        grounds, "UPDATE registered_model_aliases SET version = 2 WHERE name = ?", name
    )


def in_store(grounds: Grounds, statement: str, name: str) -> None:
    with grounds.mlflow.store() as store:
        assert store.execute(statement, (name,)).rowcount == 1
        store.commit()


def move_there_and_back(grounds: Grounds, name: str, _tmp_path: Path) -> None:
    plain = grounds.plain
    for version, stage in (("2", "Production"), ("1", "None")):
        plain.set_registered_model_alias(name, "champion", version)
        plain.transition_model_version_stage(name, "2", stage)


def run_of(grounds: Grounds, name: str) -> str:
    run = grounds.plain.get_model_version(name, "1").run_id
    assert run
    return run


def overwrite_files(grounds: Grounds, name: str, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"another model")
    run = run_of(grounds, name)
    grounds.plain.log_artifact(run, str(tmp_path / "model.bin"), "model")
    files = grounds.plain.list_artifacts(run, "model")
    assert [file.file_size for file in files] == [len(b"another model")]


def log_metric(grounds: Grounds, name: str, _tmp_path: Path) -> None:
    run = run_of(grounds, name)
    grounds.plain.log_metric(run, "auc", 0.99)
    assert grounds.plain.get_run(run).data.metrics["auc"] == 0.99


DETOURS_TRIED: dict[str, Callable[[Grounds, str, Path], None]] = {
    "forged": forge,
    "database-stage": write_stage,
    "database-alias": write_alias,
    "back-again": move_there_and_back,
    "files": overwrite_files,
    "metric": log_metric,
}
WITH_GUARD = {"other-server", "stolen-secret"}
OUTCOMES = {detour.slug: detour.outcome for detour in DETOURS}


def test_every_detour_is_tried() -> None:
    assert {detour.slug for detour in DETOURS} == DETOURS_TRIED.keys() | WITH_GUARD


def assert_noticed(outcome: Outcome, place: int) -> None:
    """Assert that a sync has noticed just what the page says it does."""
    if outcome is Outcome.DETECTED:
        assert Incident.objects.open().count() == 1
    else:
        assert not Incident.objects.exists()
        found = AuditEvent.objects.order_by("position")[place:]
        assert [event.type for event in found] == []


@pytest.mark.parametrize("slug", DETOURS_TRIED)
def test_a_detour_is_noticed_as_the_page_says(
    grounds: Grounds, tmp_path: Path, slug: str
) -> None:
    name = grounds.make_logged(tmp_path / "logged")
    grounds.sync()
    before, place = state_of(grounds.plain, name), AuditEvent.objects.count()

    DETOURS_TRIED[slug](grounds, name, tmp_path)
    place = AuditEvent.objects.count() if slug == "forged" else place
    grounds.sync()

    if OUTCOMES[slug] is Outcome.PREVENTED:
        assert state_of(grounds.plain, name) == before
    assert_noticed(OUTCOMES[slug], place)


@pytest.fixture
def behind_guard(grounds: Grounds, guarded: MLflowServer, settings: Settings) -> str:
    """Signoff's MLflow is the guarded one; the other is on the same database."""
    settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = guarded.uri
    settings.MLFLOW_GUARD_SECRET = GUARD_SECRET
    return guarded.uri


@pytest.mark.parametrize("slug", sorted(WITH_GUARD))
def test_the_guard_is_walked_round_and_it_is_noticed(
    grounds: Grounds, behind_guard: str, slug: str
) -> None:
    address, headers = {
        "other-server": (grounds.mlflow.uri, {}),
        "stolen-secret": (behind_guard, {"X-Signoff-Guard": GUARD_SECRET}),
    }[slug]
    (name,) = grounds.make_all([ALIAS]).values()
    place = AuditEvent.objects.count()

    status, said = by_http(address, ALIAS, name, headers=headers)
    grounds.sync()

    assert status == 200, said
    assert_noticed(OUTCOMES[slug], place)


def test_the_page_knows_how_mlflow_is_served(
    grounds: Grounds,
    guarded: MLflowServer,
    signed_in: MLflowServer,
    settings: Settings,
) -> None:
    assert look_around().own_way is Way.DIRECT

    settings.MLFLOW_REGISTRY_URI = guarded.uri
    assert look_around().own_way is Way.GUARDED

    settings.MLFLOW_REGISTRY_URI = signed_in.uri
    here = look_around()
    assert here.own_way is Way.SIGN_IN
    assert [fact.answer for fact in here.facts[:2]] == ["no", "yes"]

    settings.MLFLOW_REGISTRY_URI = "http://127.0.0.1:9"
    nowhere = look_around()
    assert nowhere.own_way is None
    assert [fact.answer for fact in nowhere.facts[:2]] == ["not known", "not known"]
