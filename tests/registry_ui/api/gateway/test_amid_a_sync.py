"""Writes through the gate while a sync is under way: whose they are, and what stands.

A sync is held between what it read and what it stores, by the door that it reads MLflow
through; a write is held between what MLflow did and what we mirror of it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from mlflow.exceptions import MlflowException

from registry_ui.actions.hints import read_hints
from registry_ui.actions.mirror import SyncContext
from registry_ui.actions.poll import poll_versions
from registry_ui.actions.registry_writes import WRITING
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    AuditEvent,
    Hint,
    MirrorState,
    MLflowWebhook,
    ModelTag,
    RegisteredModel,
    Registration,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.actions.flaky_mlflow import FlakyMLflow, flaky_mlflow
from tests.registry_ui.hinting import make_mlflow_webhook
from tests.registry_ui.mirrored import check_mirrors

MODELS = "/registered-models/search"
VERSIONS = "/model-versions/search"

Write = Callable[[PlainClient, str], object]

WRITES: dict[str, Write] = {
    "a model's description": lambda c, name: c.update_registered_model(name, "Ours"),
    "a model's tag": lambda c, name: c.set_registered_model_tag(name, "team", "ours"),
    "a model's tag, gone": lambda c, name: c.delete_registered_model_tag(name, "kind"),
    "a description": lambda c, name: c.update_model_version(name, "1", "Ours"),
    "a tag": lambda c, name: c.set_model_version_tag(name, "1", "team", "ours"),
    "a tag, gone": lambda c, name: c.delete_model_version_tag(name, "1", "kind"),
    "a stage": lambda c, name: c.transition_model_version_stage(name, "1", "Staging"),
    "an alias": lambda c, name: c.set_registered_model_alias(name, "champion", "1"),
    "a new version": lambda c, name: c.create_model_version(name, "s3://bucket/ours"),
    "a version, gone": lambda c, name: c.delete_model_version(name, "2"),
    "a model, gone": lambda c, name: c.delete_registered_model(name),
    "a model": lambda c, name: c.create_registered_model(f"{name} too"),
    "a name": lambda c, name: c.rename_registered_model(name, f"{name} ours"),
}
writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
def churn(sync: Callable[[], None], plain: PlainClient, name: str) -> str:
    plain.create_registered_model(name, {"kind": "old"})
    for _ in range(2):
        plain.create_model_version(name, "s3://bucket/model", tags={"kind": "old"})
    sync()
    return name


@pytest.fixture
def slow(gate_of: object, mlflow_server: MLflowServer) -> Iterator[FlakyMLflow]:
    """What the sync takes for MLflow; the gate takes MLflow itself."""
    with flaky_mlflow(mlflow_server.uri) as server:
        yield server


def actors(since: int) -> set[str]:
    events = AuditEvent.objects.filter(position__gt=since)
    return set(events.values_list("actor_name", flat=True))


def position() -> int:
    return AuditEvent.objects.latest("position").position


@pytest.mark.parametrize("read", [MODELS, VERSIONS])
@writes
def test_a_sync_that_read_before_a_write_leaves_it_alone(
    churn: str,
    slow: FlakyMLflow,
    gate: PlainClient,
    plain: PlainClient,
    write: Write,
    read: str,
) -> None:
    before = position()
    slow.interludes[read] = lambda: write(gate, churn)

    sync_mirror(MLflowClient(slow.uri))

    assert not slow.interludes
    assert actors(before) == {"ada"}
    sync_mirror(MLflowClient(slow.uri))
    assert actors(before) == {"ada"}
    check_mirrors(plain)


@writes
def test_a_sync_that_sees_a_write_before_it_is_mirrored_leaves_it_alone(
    churn: str,
    door: FlakyMLflow,
    sync: Callable[[], None],
    gate: PlainClient,
    plain: PlainClient,
    write: Write,
) -> None:
    before = position()
    door.interludes = dict.fromkeys(("POST ", "PATCH ", "DELETE "), sync)

    write(gate, churn)

    assert len(door.interludes) == 2
    assert actors(before) == {"ada"}
    sync()
    assert actors(before) == {"ada"}
    check_mirrors(plain)


def test_a_change_around_us_is_seen_beside_our_own(
    churn: str, slow: FlakyMLflow, gate: PlainClient, plain: PlainClient
) -> None:
    plain.set_model_version_tag(churn, "1", "team", "theirs")
    plain.transition_model_version_stage(churn, "2", "Staging")
    plain.set_registered_model_alias(churn, "champion", "2")
    plain.create_model_version(churn, "s3://bucket/theirs")
    before = position()
    slow.interludes[MODELS] = lambda: gate.update_registered_model(churn, "Ours")

    sync_mirror(MLflowClient(slow.uri))

    events = AuditEvent.objects.filter(position__gt=before)
    assert set(events.values_list("type", "actor_name")) == {
        ("registered_model.updated", "ada"),
        ("model_version_tag.set", ""),
        ("model_version.transitioned", ""),
        ("model_version.created", ""),
        ("model_version_alias.set", ""),
        ("incident.opened", ""),
        ("incident.updated", ""),
    }
    check_mirrors(plain)


def test_what_a_poll_left_is_read_again_by_the_next(
    churn: str, plain: PlainClient, mlflow_client: MLflowClient
) -> None:
    state, now = MirrorState.load(), timezone.now()
    plain.create_model_version(churn, "s3://bucket/theirs")
    model = RegisteredModel.objects.filter(name=churn)

    def poll() -> datetime | None:
        return poll_versions(
            mlflow_client, SyncContext(now, previous_at=now), state, lambda *_: None
        )

    model.update(writing_until=now + WRITING)
    left = poll()
    assert model.get().versions.count() == 2
    model.update(writing_until=None)
    read = poll()

    assert left == state.newest_update_at
    assert read is not None
    assert left is not None
    assert read > left
    assert model.get().versions.count() == 3


def test_hints_of_what_we_wrote_to_meanwhile_are_kept(
    churn: str, slow: FlakyMLflow, gate: PlainClient, plain: PlainClient
) -> None:
    make_mlflow_webhook()
    plain.set_registered_model_tag(churn, "team", "theirs")
    Hint.objects.create(received_at=timezone.now(), model_name=churn)
    tag = ModelTag.objects.filter(model__name=churn, key="team")
    slow.interludes[MODELS] = lambda: gate.set_registered_model_tag(
        churn, "kind", "ours"
    )

    read_hints(MLflowClient(slow.uri))
    assert not slow.interludes
    assert not tag.exists()
    MLflowWebhook.objects.update(resume_at=None)
    read_hints(MLflowClient(slow.uri))

    assert tag.get().value == "theirs"
    assert not Hint.objects.exists()


def test_a_registration_that_mlflow_refuses_is_announced_no_more(
    churn: str, gate: PlainClient, plain: PlainClient
) -> None:
    plain.create_registered_model(f"{churn} too")

    with pytest.raises(MlflowException, match="already exists"):
        gate.create_registered_model(f"{churn} too")

    assert not Registration.objects.exists()


def test_a_name_that_somebody_died_over_is_left_alone_for_a_minute(
    churn: str, plain: PlainClient, sync: Callable[[], None]
) -> None:
    name = f"{churn} too"
    Registration.objects.create(name=name, until=timezone.now() + WRITING)
    plain.create_registered_model(name)
    found = RegisteredModel.objects.filter(name=name)

    sync()
    assert not found.exists()
    Registration.objects.update(until=timezone.now())
    sync()

    assert found.exists()
    assert not Registration.objects.exists()
