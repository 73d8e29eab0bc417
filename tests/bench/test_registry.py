"""The bench's registry is what it says: MLflow and the mirror find the same in it."""

from collections import Counter
from collections.abc import Iterator

import pytest
from mlflow import MlflowClient

from bench.registry import (
    MANY_VERSIONS,
    RARE_TAG,
    WIDE_RUNS,
    WIDE_VERSIONS,
    Shape,
    registry,
)
from bench.stores import sqlite_store
from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import Alias, ModelVersion, RegisteredModel, VersionTag
from tests.mlflow_server import MLflowServer

SHAPE = Shape(models=20, versions=400)
# One worker starts the server once.
pytestmark = pytest.mark.xdist_group("bench")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowServer]:
    """A real MLflow on a store that the bench filled."""
    folder = tmp_path_factory.mktemp("bench")
    store = ("--backend-store-uri", sqlite_store(folder, SHAPE))
    running = MLflowServer.launch(folder / "mlflow", arguments=store)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


def test_the_same_shape_makes_the_same_rows_and_another_seed_others() -> None:
    first = list(registry(SHAPE))

    assert first == list(registry(SHAPE))
    assert first != list(registry(Shape(20, 400, seed=8)))


def test_models_are_created_at_different_times() -> None:
    rows = [
        row for part in registry(SHAPE) for row in part.get("registered_models", ())
    ]

    assert len({created for _, created, *_ in rows}) == SHAPE.models


def test_mlflow_finds_what_the_shape_says(server: MLflowServer) -> None:
    client = MlflowClient(server.uri, server.uri)

    models = client.search_registered_models(max_results=1000)
    versions = client.search_model_versions(max_results=10_000)

    counts = Counter(version.name for version in versions)
    assert counts == dict(SHAPE.names_and_counts())
    assert counts.total() == SHAPE.versions
    assert counts[MANY_VERSIONS] == SHAPE.most_versions
    assert counts[WIDE_RUNS] == WIDE_VERSIONS
    assert {model.name for model in models} == set(counts)
    run_count = sum(bool(version.run_id) for version in versions)
    assert SHAPE.versions * 0.9 < run_count < SHAPE.versions


@pytest.mark.parametrize(
    ("name", "metrics", "params"), [(MANY_VERSIONS, 8, 12), (WIDE_RUNS, 500, 300)]
)
def test_a_run_has_as_much_as_the_shape_says(
    server: MLflowServer, name: str, metrics: int, params: int
) -> None:
    client = MlflowClient(server.uri, server.uri)
    versions = client.search_model_versions(f"name = '{name}'")

    run_id = next(version.run_id for version in versions if version.run_id)
    data = client.get_run(run_id).data

    assert (len(data.metrics), len(data.params)) == (metrics, params)


@pytest.mark.django_db
def test_a_sync_fills_the_mirror_with_the_same(server: MLflowServer) -> None:
    client = MlflowClient(server.uri, server.uri)
    models = client.search_registered_models(max_results=1000)
    key, value = RARE_TAG
    tagged = client.search_model_versions(f"tags.{key} = '{value}'")

    sync_mirror(MLflowClient(server.uri))

    assert RegisteredModel.objects.live().count() == SHAPE.models
    assert ModelVersion.objects.live().count() == SHAPE.versions
    assert Alias.objects.count() == sum(len(model.aliases) for model in models)
    assert VersionTag.objects.filter(key=key, value=value).count() == len(tagged) > 0
