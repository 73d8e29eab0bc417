"""What load balancers, containers and monitors are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from config.health import mlflow, sender, worker
from registry_ui.models import MirrorState
from webhooks_ui.actions.signs_of_life import SILENCE, give_sign

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(seconds=settings.SYNC_SECONDS + settings.SWEEP_SECONDS + 1)


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*_arguments: object) -> Any:
        raise OperationalError("connection to db.internal refused for user signoff")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db
def test_liveness_is_answered_to_anybody_without_cookies(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_probes_may_use_any_host_name(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "10.20.30.40:8000"})

    assert response.status_code == 200


@pytest.mark.django_db
def test_probes_may_not_write(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_database_that_is_down_is_503_without_its_secrets(
    client: Client, path: str
) -> None:
    with database_down():
        response = client.get(path)

    assert response.status_code == 503
    assert "internal" not in response.content.decode()


@pytest.mark.django_db
def test_readiness_names_each_component(client: Client) -> None:
    MirrorState.objects.create(synced_at=timezone.now(), tried_at=timezone.now())
    give_sign(timezone.now())

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert {
        name: part["status"] for name, part in response.json()["components"].items()
    } == {"database": "ok", "mlflow": "ok", "worker": "ok", "sender": "ok"}


@pytest.mark.django_db
def test_a_sender_that_hangs_is_seen_beside_a_worker_that_runs(client: Client) -> None:
    now = timezone.now()
    MirrorState.objects.create(synced_at=now, tried_at=now)
    give_sign(now - SILENCE)

    response = client.get("/readyz")

    assert response.status_code == 503
    components = response.json()["components"]
    assert components["worker"]["status"] == "ok"
    assert components["sender"]["status"] == "down"


@pytest.mark.django_db
def test_before_the_first_sync_nothing_is_claimed(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 503
    components = response.json()["components"]
    assert {components[name]["status"] for name in ("mlflow", "worker", "sender")} == {
        "unknown"
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (MirrorState(), "unknown"),
        (MirrorState(synced_at=NOW), "ok"),
        (MirrorState(synced_at=LONG_AGO), "degraded"),
        (MirrorState(synced_at=NOW, failing_since=NOW), "down"),
    ],
)
def test_mlflow_is_as_the_last_attempts_to_read_it(
    state: MirrorState, status: str
) -> None:
    assert mlflow(state, NOW).status == status


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (MirrorState(), "unknown"),
        (MirrorState(tried_at=NOW), "ok"),
        (MirrorState(tried_at=NOW, failing_since=LONG_AGO), "ok"),
        (MirrorState(tried_at=LONG_AGO), "down"),
        # A long sweep is work, not silence.
        (
            MirrorState(
                tried_at=LONG_AGO, lease_expires_at=NOW + timedelta(seconds=30)
            ),
            "ok",
        ),
    ],
)
def test_the_worker_is_as_its_last_task(state: MirrorState, status: str) -> None:
    assert worker(state, NOW).status == status


@pytest.mark.parametrize(
    ("ran_at", "status"),
    [
        (None, "unknown"),
        (NOW, "ok"),
        (NOW - SILENCE, "ok"),
        (NOW - SILENCE - timedelta(seconds=1), "down"),
    ],
)
def test_the_sender_is_as_its_last_task(ran_at: datetime | None, status: str) -> None:
    assert sender(ran_at, NOW).status == status
