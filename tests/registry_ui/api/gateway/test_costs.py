"""What a call through the gate costs us: queries, and calls of MLflow."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from mlflow import MlflowClient as PlainClient
from pytest_django import DjangoAssertNumQueries, Settings

from registry_ui.actions.sync import sync_mirror
from registry_ui.mlflow_client import MLflowClient, shared_client
from registry_ui.models import Level, RegisteredModel, VersionTag
from tests.factories import grant, make_token, make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.mlflow_client.raw_server import http, raw_server

API = "/api/2.0/mlflow/"
REFUSAL = http(
    "400 Bad Request",
    b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid comparator: IN"}',
)

CallerOf = Callable[[Level], Client]


@pytest.fixture
def caller_of(
    committed_db: None,
    settings: Settings,
    mlflow_server: MLflowServer,
    plain: PlainClient,
    name: str,
) -> CallerOf:
    """Make callers who hold a level on one of three models, and have called before."""
    settings.MLFLOW_REGISTRY_URI = mlflow_server.uri
    for one in (f"a {name}", name, f"z {name}"):
        plain.create_registered_model(one)
        plain.create_model_version(one, "s3://bucket/model")
    sync_mirror(MLflowClient(mlflow_server.uri))

    def make(level: Level) -> Client:
        user = make_user()
        grant(user, level, RegisteredModel.objects.get(name=name))
        _, secret = make_token(user=user)
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        assert read(client, "registered-models/get", name=name)
        return client

    return make


def read(client: Client, path: str, **params: str | int) -> dict[str, Any]:
    answer = client.get(f"{API}{path}", params)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("registered-models/get", {}),
        ("model-versions/get", {"version": 1}),
        ("registered-models/get-latest-versions", {}),
    ],
)
def test_a_reader_costs_two_queries_a_read(
    caller_of: CallerOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
    path: str,
    params: dict[str, int],
) -> None:
    reader = caller_of(Level.CAN_READ)

    with django_assert_num_queries(2):  # the token with its owner; a level
        assert name in str(read(reader, path, name=name, **params))


@pytest.mark.parametrize("path", ["registered-models/search", "model-versions/search"])
def test_a_readers_search_costs_two_queries_and_one_call(
    caller_of: CallerOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    settings: Settings,
    name: str,
    path: str,
) -> None:
    reader = caller_of(Level.CAN_READ)
    cost = shared_client(settings.MLFLOW_REGISTRY_URI).cost
    before = cost.requests

    with django_assert_num_queries(2):  # the token with its owner; the names
        found = read(reader, path, max_results=1)

    assert cost.requests == before + 1
    ((_, (item,)),) = found.items()
    assert item["name"] == name


def test_who_may_read_nothing_has_mlflow_find_nothing(
    caller_of: CallerOf, settings: Settings
) -> None:
    caller_of(Level.CAN_READ)
    _, secret = make_token(user=make_user())
    stranger = Client(headers={"Authorization": f"Bearer {secret}"})
    cost = shared_client(settings.MLFLOW_REGISTRY_URI).cost
    before = cost.requests

    assert read(stranger, "registered-models/search", max_results=1) == {}
    assert cost.requests == before + 1


def test_an_mlflow_without_lists_of_names_is_asked_as_it_was_said(
    caller_of: CallerOf, settings: Settings, name: str
) -> None:
    reader = caller_of(Level.CAN_READ)
    found = [{"name": f"a {name}"}, {"name": name}]
    page = http("200 OK", json.dumps({"registered_models": found}).encode())

    with raw_server(REFUSAL, page) as mlflow:
        settings.MLFLOW_REGISTRY_URI = mlflow.uri
        answer = read(reader, "registered-models/search", filter="tags.a = 'b'")

    assert answer == {"registered_models": [{"name": name}]}
    first, second = (line.partition(b" HTTP")[0] for line in mlflow.requests)
    assert b"filter=name+IN+" in first
    assert b"AND+tags.a" in first
    assert b"filter=tags.a" in second


@pytest.mark.parametrize("hurtful", ["it's", 'a "b"', "back\\slash", "x" * 200])
def test_names_that_mlflow_cannot_be_told_are_found_all_the_same(
    caller_of: CallerOf, plain: PlainClient, mlflow_server: MLflowServer, hurtful: str
) -> None:
    reader = caller_of(Level.CAN_READ)
    names = [f"{hurtful} {number} {id(reader)}" for number in range(20)]
    for one in names:
        plain.create_registered_model(one)
    sync_mirror(MLflowClient(mlflow_server.uri))
    owner = make_user()
    for one in names:
        grant(owner, Level.CAN_READ, RegisteredModel.objects.get(name=one))
    _, secret = make_token(user=owner)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    found = read(client, "registered-models/search", order_by="name ASC")

    assert [item["name"] for item in found["registered_models"]] == sorted(names)


def test_a_page_does_not_go_on_after_what_one_may_read_has_changed(
    caller_of: CallerOf, name: str
) -> None:
    reader = caller_of(Level.CAN_READ)
    user = RegisteredModel.objects.get(name=name).permissions.get().user
    assert user is not None
    grant(user, Level.CAN_READ, RegisteredModel.objects.get(name=f"a {name}"))
    path = "registered-models/search"
    token = read(reader, path, max_results=1)["next_page_token"]
    more = {"max_results": 1, "page_token": token}
    assert read(reader, path, **more)["registered_models"][0]["name"] == name

    grant(user, Level.CAN_READ, RegisteredModel.objects.get(name=f"z {name}"))

    refused = reader.get(f"{API}{path}", more)
    assert refused.status_code == 400
    assert "what you may read must be the same" in refused.json()["message"]


def test_a_tag_costs_twelve_queries(caller_of: CallerOf, name: str) -> None:
    editor = caller_of(Level.CAN_EDIT)
    body = {"name": name, "version": "1", "key": "k", "value": "1"}
    written = partial(
        editor.post, f"{API}model-versions/set-tag", content_type="application/json"
    )
    assert written(body).status_code == 200

    with CaptureQueriesContext(connection) as queries:
        assert written({**body, "value": "2"}).status_code == 200

    kinds = Counter(query["sql"].split()[0] for query in queries)
    # The token with its owner; levels, model, version; the lock on the model; the
    # value before; the end of the audit log; who hears of it by webhook.
    assert kinds["SELECT"] == 8
    # Announced, and withdrawn.
    assert kinds["UPDATE"] == 2
    # The tag, the event.
    assert kinds["INSERT"] == 2
    tag = VersionTag.objects.get(version__model__name=name, key="k")
    assert (tag.value, tag.model_id) == ("2", tag.version.model_id)
