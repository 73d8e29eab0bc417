"""A sync killed by SIGKILL, wherever it is: the next one mends, nobody is told lies."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict

import pytest
from django.db import connection
from django.test import Client
from mlflow import MlflowClient as PlainClient
from pytest_django import Settings

from bench.registry import Rows, Shape, registry
from bench.stores import insert
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import AuditEvent, Level, MirrorState
from tests.factories import make_user
from tests.mlflow_server import REGISTRY_TABLES, MLflowServer
from tests.registry_ui.mirrored import check_mirrors
from tests.registry_ui.views.reading import browser, text
from tests.running import ROOT, wait_for

pytestmark = pytest.mark.usefixtures("committed_db")

SHAPE = Shape(models=30, versions=2500)
LONGEST_SYNC_SECONDS = 60.0
MOST_KILLS = 20


@pytest.fixture(scope="module")
def crowded(mlflow_server: MLflowServer) -> MLflowServer:
    """An MLflow with some thousand versions."""
    rows: Rows = defaultdict(list)
    for part in registry(SHAPE):
        for table in REGISTRY_TABLES:
            rows[table] += part.get(table, [])
    with mlflow_server.store() as store:
        insert(store, rows)
        store.commit()
    return mlflow_server


@pytest.fixture
def plain(crowded: MLflowServer, settings: Settings) -> PlainClient:
    settings.MLFLOW_REGISTRY_URI = settings.MLFLOW_TRACKING_URI = crowded.uri
    return PlainClient(crowded.uri, crowded.uri)


def begin_sync(mlflow_uri: str) -> "subprocess.Popen[bytes]":
    """Start `manage.py sync --full` on this very database; return when it is at it."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sync", "--full"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "SIGNOFF_SECRET_KEY": "a key that is only used by tests",
            "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of the tests",
            "DATABASE_URL": _database_url(),
            "MLFLOW_TRACKING_URI": mlflow_uri,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    def is_at_it() -> bool:
        return process.poll() is not None or bool(MirrorState.load().lease_token)

    wait_for(is_at_it, seconds=LONGEST_SYNC_SECONDS, what="the sync", pause=0.01)
    return process


def _database_url() -> str:
    here = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{here['NAME']}"
    password = f":{here['PASSWORD']}" if here["PASSWORD"] else ""
    server = f"{here['HOST']}:{here['PORT'] or 5432}"
    return f"postgres://{here['USER']}{password}@{server}/{here['NAME']}"


def kill(process: "subprocess.Popen[bytes]") -> bool:
    """Kill it; return whether it was in the middle of the sync."""
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}, errors.decode()
    return bool(MirrorState.load().lease_token)


def change(plain: PlainClient, chance: random.Random, round_: int) -> set[str]:
    """Change MLflow in each way; return what was deleted, as events name it."""
    # Each round deletes a model, or a version of one.
    names = [name for name, count in SHAPE.names_and_counts() if count > MOST_KILLS]
    living = {model.name for model in plain.search_registered_models(max_results=1000)}
    lost, smaller, other = chance.sample([n for n in names if n in living], 3)
    plain.delete_registered_model(lost)
    found = plain.search_model_versions(f"name = '{smaller}'", max_results=10)
    gone = chance.choice(found).version
    plain.delete_model_version(smaller, gone)
    version = plain.search_model_versions(f"name = '{other}'", max_results=1)[0].version
    plain.transition_model_version_stage(other, version, "Production")
    plain.set_registered_model_alias(other, f"alias{round_}", version)
    plain.set_model_version_tag(other, version, "round", str(round_))
    return {f"{lost} None", f"{smaller} {gone}"}


def deletions() -> set[str]:
    events = AuditEvent.objects.filter(
        type__in=["model_version.deleted", "registered_model.deleted"]
    )
    return {f"{event.model_name} {event.version_number}" for event in events}


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(2, id="short"),
        pytest.param(MOST_KILLS, id="long", marks=pytest.mark.soak),
    ],
)
def test_a_sync_that_is_killed_leaves_what_the_next_one_mends(
    kills: int,
    crowded: MLflowServer,
    plain: PlainClient,
    mlflow_client: MLflowClient,
    chance: random.Random,
) -> None:
    reader = browser(make_user(level=Level.CAN_READ))
    deleted: set[str] = set()
    duration = 0.0
    for round_ in range(kills):
        synced_at = MirrorState.load().synced_at
        process = begin_sync(crowded.uri)
        time.sleep(chance.uniform(0, duration or 1.5))
        if kill(process):
            check_told(reader, synced_at is None)
            assert MirrorState.load().synced_at == synced_at

        # On the same machine nobody waits until the lease has run out.
        started = time.monotonic()
        assert sync_mirror(mlflow_client) is not None
        duration = time.monotonic() - started

        assert deletions() == deleted
        deleted |= change(plain, chance, round_)
    assert sync_mirror(mlflow_client) is not None
    check_mirrors(plain)
    assert deletions() == deleted


def check_told(reader: Client, is_first: bool) -> None:
    page = text(reader, "/")
    assert ("Not synced yet" in page) == is_first
    assert ("Up to date" in page) != is_first
