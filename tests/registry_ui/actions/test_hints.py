"""Hints: each costs a small look at MLflow, and none is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from mlflow import MlflowClient as PlainClient
from pytest_django import DjangoCaptureOnCommitCallbacks

from registry_ui.actions import hints
from registry_ui.actions.hints import read_hints, receive_hint
from registry_ui.actions.leases import take_lease
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient, MLflowUnavailable
from registry_ui.models import (
    Alias,
    Hint,
    Incident,
    MirrorState,
    MLflowWebhook,
    ModelVersion,
    RegisteredModel,
    VersionTag,
)
from tests.mlflow_server import MLflowServer
from tests.registry_ui.hinting import hint_body, make_mlflow_webhook, signed_headers

pytestmark = pytest.mark.django_db

SOURCE = "s3://bucket/model"


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(
    request: pytest.FixtureRequest, plain: PlainClient, mlflow_client: MLflowClient
) -> str:
    """A mirrored model with two versions, and a webhook that hints may come of."""
    name = f"hint {request.node.name}"
    plain.create_registered_model(name)
    for _ in range(2):
        plain.create_model_version(name, SOURCE)
    sync_mirror(mlflow_client)
    make_mlflow_webhook()
    return name


def hint(name: str, version: int | None = None) -> None:
    body = hint_body(name, version=str(version))
    headers = signed_headers(body)
    receive_hint(
        delivery_id=headers["X-MLflow-Delivery-Id"],
        timestamp=headers["X-MLflow-Timestamp"],
        signature=headers["X-MLflow-Signature"],
        body=body.encode(),
    )


def end_pause() -> None:
    MLflowWebhook.objects.update(resume_at=None)


def aliases(name: str) -> dict[str, int]:
    rows = Alias.objects.filter(model__name=name)
    return dict(rows.values_list("name", "version__number"))


def test_an_alias_is_mirrored_with_two_requests_and_its_incident(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    plain.set_registered_model_alias(name, "champion", "1")
    hint(name, 1)
    before = mlflow_client.cost.requests

    read_hints(mlflow_client)

    assert aliases(name) == {"champion": 1}
    assert mlflow_client.cost.requests - before == 2
    assert Incident.objects.filter(model__name=name).exists()
    assert not Hint.objects.exists()


def test_tags_and_new_versions_are_mirrored(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    plain.set_model_version_tag(name, "1", "checked", "yes")
    hint(name, 1)
    plain.create_model_version(name, SOURCE)
    hint(name, 3)

    read_hints(mlflow_client)

    assert VersionTag.objects.get(version__model__name=name).value == "yes"
    assert ModelVersion.objects.filter(model__name=name, number=3).exists()


def test_many_versions_of_a_model_are_read_together(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    for number in range(3, 11):
        plain.create_model_version(name, SOURCE)
        hint(name, number)
    before = mlflow_client.cost.requests

    read_hints(mlflow_client)

    assert ModelVersion.objects.filter(model__name=name).count() == 10
    # The model, its versions, and whether it is still itself.
    assert mlflow_client.cost.requests - before <= 4


def test_a_new_model_is_mirrored_with_its_versions(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    other = f"{name} too"
    plain.create_registered_model(other)
    plain.create_model_version(other, SOURCE)
    plain.set_registered_model_alias(other, "champion", "1")
    hint(other)

    read_hints(mlflow_client)

    assert aliases(other) == {"champion": 1}


def test_the_trace_of_a_deleted_version_is_left_to_the_sweep(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    plain.delete_model_version(name, "2")
    hint(name)
    read_hints(mlflow_client)

    sync_mirror(mlflow_client, full=False)

    live = ModelVersion.objects.live().filter(model__name=name)
    assert list(live.values_list("number", flat=True)) == [1]


@pytest.mark.parametrize("made_again", [False, True])
def test_what_only_a_sweep_can_tell_is_left_to_it(
    plain: PlainClient, mlflow_client: MLflowClient, name: str, made_again: bool
) -> None:
    plain.delete_registered_model(name)
    if made_again:
        plain.create_registered_model(name)
    hint(name, 1)

    read_hints(mlflow_client)

    assert not Hint.objects.exists()
    assert RegisteredModel.objects.live().get(name=name).versions.count() == 2


def test_a_burst_is_one_look_and_one_wake_up(
    plain: PlainClient,
    mlflow_client: MLflowClient,
    name: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    plain.set_registered_model_alias(name, "champion", "1")
    with django_capture_on_commit_callbacks() as wake_ups:
        for _ in range(100):
            hint(name, 1)
    before = mlflow_client.cost.requests

    read_hints(mlflow_client)

    assert len(wake_ups) == 1
    assert mlflow_client.cost.requests - before == 2
    assert not Hint.objects.exists()


def test_after_a_look_mlflow_rests_and_later_hints_keep(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    hint(name, 1)
    began, before = timezone.now(), mlflow_client.cost.seconds
    read_hints(mlflow_client)
    cost = mlflow_client.cost.seconds - before

    plain.set_registered_model_alias(name, "champion", "1")
    hint(name, 1)

    assert read_hints(mlflow_client) is None
    assert aliases(name) == {}
    webhook = MLflowWebhook.objects.get()
    assert webhook.resume_at is not None
    assert webhook.resume_at - began >= timedelta(seconds=cost / hints.SHARE)
    end_pause()
    read_hints(mlflow_client)
    assert aliases(name) == {"champion": 1}


def test_a_hint_that_comes_while_a_sync_is_running_is_read_after_it(
    plain: PlainClient, mlflow_client: MLflowClient, name: str
) -> None:
    def move_behind_the_sync(phase: str, _count: int) -> None:
        if phase == "models":  # the page with the aliases is read
            plain.set_registered_model_alias(name, "champion", "2")
            hint(name, 2)
            assert read_hints(mlflow_client) is None

    sync_mirror(mlflow_client, progress=move_behind_the_sync)
    assert aliases(name) == {}

    read_hints(mlflow_client)

    assert aliases(name) == {"champion": 2}


class _LateAlias(MLflowClient):
    """Something changes in MLflow just after a look read it, and is hinted at."""

    def __init__(self, uri: str, plain: PlainClient) -> None:
        super().__init__(uri)
        self.plain = plain

    def get_version(self, name: str, number: int):  # type: ignore[no-untyped-def]
        self.plain.set_registered_model_alias(name, "late", "2")
        hint(name, 2)
        return super().get_version(name, number)


def test_a_hint_that_comes_while_hints_are_read_is_read_next(
    mlflow_server: MLflowServer,
    mlflow_client: MLflowClient,
    plain: PlainClient,
    name: str,
) -> None:
    hint(name, 1)

    read_hints(_LateAlias(mlflow_server.uri, plain))

    assert aliases(name) == {}
    assert Hint.objects.get().version_number == 2
    end_pause()
    read_hints(mlflow_client)
    assert aliases(name) == {"late": 2}


def test_hints_keep_while_mlflow_cannot_be_read(name: str) -> None:
    hint(name, 1)

    with pytest.raises(MLflowUnavailable):
        read_hints(MLflowClient("http://127.0.0.1:9"))

    assert Hint.objects.exists()
    assert read_hints(MLflowClient("http://127.0.0.1:9")) is None  # a pause
    assert take_lease(MirrorState)  # which is free again


def test_more_models_than_one_look_takes_wait_their_turn(
    mlflow_client: MLflowClient, name: str
) -> None:
    for number in range(hints.MOST_MODELS + 1):
        hint(f"{name} {number}")
    hint(f"{name} 0")

    read_hints(mlflow_client)

    assert [row.model_name for row in Hint.objects.all()] == [
        f"{name} {hints.MOST_MODELS}"
    ]


def test_what_the_sweeps_have_passed_over_since_is_not_read_again(
    mlflow_client: MLflowClient, name: str
) -> None:
    hint(name, 1)
    sync_mirror(mlflow_client, full=True)
    before = mlflow_client.cost.requests

    read_hints(mlflow_client)

    assert mlflow_client.cost.requests == before
    assert not Hint.objects.exists()


def test_before_the_first_sync_hints_wait(mlflow_client: MLflowClient) -> None:
    make_mlflow_webhook()
    hint("anything")

    assert read_hints(mlflow_client) is None
    assert Hint.objects.exists()
