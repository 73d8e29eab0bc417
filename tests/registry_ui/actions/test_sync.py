import pytest
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import PROMPT_TAG, MLflowClient, MLflowUnavailable
from registry_ui.models import (
    Alias,
    AuditEvent,
    Incident,
    MirrorState,
    ModelVersion,
    RegisteredModel,
)
from registry_ui.planning import Effect
from tests.factories import make_transition_request, make_user
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db

SOURCE = "s3://bucket/model"


@pytest.fixture
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture
def name(request: pytest.FixtureRequest, plain: PlainClient) -> str:
    """A model with two versions, of its own for each test."""
    name = f"sync {request.node.name}"
    plain.create_registered_model(name, tags={"team": "growth"}, description="First")
    for _ in range(2):
        plain.create_model_version(name, SOURCE, tags={"kind": "demo"})
    return name


def versions(name: str) -> dict[int, str]:
    rows = ModelVersion.objects.live().filter(model__name=name)
    return dict(rows.values_list("number", "stage"))


def event_types(name: str) -> list[str]:
    rows = AuditEvent.objects.filter(model_name=name).order_by("position")
    return list(rows.values_list("type", flat=True))


def test_the_first_sync_fills_the_mirror_with_one_event(
    mlflow_client: MLflowClient, name: str
) -> None:
    report = sync_mirror(mlflow_client)

    assert report is not None
    assert report.is_first
    model = RegisteredModel.objects.get(name=name)
    assert model.description == "First"
    assert list(model.tags.values_list("key", "value")) == [("team", "growth")]
    assert versions(name) == {1: "None", 2: "None"}
    assert list(AuditEvent.objects.values_list("type", flat=True)) == ["mirror.filled"]


def test_a_second_sync_finds_nothing_new(
    mlflow_client: MLflowClient, name: str
) -> None:
    sync_mirror(mlflow_client)

    report = sync_mirror(mlflow_client)

    assert report is not None
    assert report.changes == 0


def test_every_change_made_around_us_is_mirrored_and_on_record(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)

    plain.update_registered_model(name, "Second")
    plain.set_registered_model_tag(name, "team", "risk")
    plain.create_model_version(name, SOURCE)
    plain.transition_model_version_stage(name, "1", "Production")
    plain.set_registered_model_alias(name, "champion", "1")
    plain.set_model_version_tag(name, "2", "kind", "real")
    plain.delete_model_version_tag(name, "1", "kind")
    sync_mirror(mlflow_client)

    model = RegisteredModel.objects.get(name=name)
    assert model.description == "Second"
    assert model.tags.get().value == "risk"
    assert versions(name) == {1: "Production", 2: "None", 3: "None"}
    assert Alias.objects.get(model=model).version.number == 1
    assert sorted(event_types(name)) == [
        "incident.opened",
        "incident.updated",
        "model_version.created",
        "model_version.transitioned",
        "model_version_alias.set",
        "model_version_tag.deleted",
        "model_version_tag.set",
        "registered_model.updated",
        "registered_model_tag.set",
    ]


def test_moved_and_deleted_aliases_are_seen(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    plain.set_registered_model_alias(name, "champion", "1")
    plain.set_registered_model_alias(name, "old", "1")
    sync_mirror(mlflow_client)

    plain.set_registered_model_alias(name, "champion", "2")
    plain.delete_registered_model_alias(name, "old")
    sync_mirror(mlflow_client)

    aliases = Alias.objects.filter(model__name=name)
    assert dict(aliases.values_list("name", "version__number")) == {"champion": 2}
    assert sorted(event_types(name)) == [
        "incident.opened",
        "model_version_alias.deleted",
        "model_version_alias.moved",
    ]


def test_deletions_are_seen_and_rows_stay_for_the_record(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)

    plain.delete_model_version(name, "2")
    sync_mirror(mlflow_client)
    assert versions(name) == {1: "None"}
    plain.delete_registered_model(name)
    sync_mirror(mlflow_client)

    assert RegisteredModel.objects.get(name=name).deleted_at is not None
    assert event_types(name) == ["model_version.deleted", "registered_model.deleted"]


def test_a_model_that_was_deleted_and_made_again_is_another_one(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)

    plain.delete_registered_model(name)
    plain.create_registered_model(name)
    plain.create_model_version(name, SOURCE)
    sync_mirror(mlflow_client)

    assert RegisteredModel.objects.filter(name=name).count() == 2
    assert versions(name) == {1: "None"}


def test_what_becomes_of_a_model_that_a_tag_hides_is_followed(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)
    plain.set_registered_model_tag(name, PROMPT_TAG, "true")
    sync_mirror(mlflow_client)

    mlflow_client.delete_model_tag(name, PROMPT_TAG)
    plain.create_model_version(name, SOURCE)
    plain.set_registered_model_alias(name, "champion", "3")
    plain.transition_model_version_stage(name, "1", "Staging")
    plain.set_registered_model_tag(name, PROMPT_TAG, "true")
    sync_mirror(mlflow_client)

    assert not RegisteredModel.objects.live().filter(name=name).exists()
    effects = Effect.many(Incident.objects.open().get(model__name=name).effects)
    assert {(effect.subject, effect.after) for effect in effects} >= {
        ("v1", "Staging"),
        ("@champion", "3"),
    }


def test_a_plan_in_flight_keeps_its_versions_from_being_moved_by_a_sweep(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)
    version = ModelVersion.objects.get(model__name=name, number=1)
    make_transition_request(
        version=version, requested_by=make_user(), status="applying"
    )

    plain.transition_model_version_stage(name, "1", "Production")
    sync_mirror(mlflow_client)

    assert versions(name)[1] == "None"
    assert event_types(name) == []


def test_an_mlflow_that_is_away_leaves_the_mirror_and_says_since_when() -> None:
    with pytest.raises(MLflowUnavailable):
        sync_mirror(MLflowClient("http://127.0.0.1:9"))

    state = MirrorState.load()
    assert state.failing_since is not None
    assert state.error
    assert state.lease_expires_at is None


def test_only_one_sync_runs_at_a_time(mlflow_client: MLflowClient) -> None:
    reports = []

    def sync_again(_what: str, _count: int) -> None:
        reports.append(sync_mirror(mlflow_client))

    assert sync_mirror(mlflow_client, progress=sync_again) is not None

    assert set(reports) <= {None}


def test_a_model_that_was_renamed_and_then_hidden_is_not_gone(
    mlflow_client: MLflowClient, plain: PlainClient, name: str
) -> None:
    sync_mirror(mlflow_client)
    row = RegisteredModel.objects.get(name=name)
    plain.set_registered_model_alias(name, "champion", "1")
    plain.rename_registered_model(name, f"{name} 2")
    plain.set_registered_model_tag(f"{name} 2", PROMPT_TAG, "true")
    sync_mirror(mlflow_client)

    row.refresh_from_db()
    assert (row.name, row.is_prompt) == (f"{name} 2", True)
    assert row.aliases.get().name == "champion"
    mlflow_client.delete_model_tag(row.name, PROMPT_TAG)
    sync_mirror(mlflow_client)
    row.refresh_from_db()
    assert row.is_live
    assert not RegisteredModel.objects.exclude(pk=row.pk).filter(name=row.name).exists()
