"""Calls of the unmodified databricks-sdk on paths that MLflow has too, all of them."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.running import RunningSignoff
from tests.system.clients.conftest import As, raw, refusal

pytestmark = pytest.mark.system

_names = count(1)


@pytest.fixture(scope="module", autouse=True)
def _served(signoff: RunningSignoff, secrets_of: dict[str, str]) -> None:
    """Skip while Signoff does not serve these paths."""
    path = "/api/2.0/mlflow/registered-models/search"
    _, answer = raw(signoff, secrets_of["admin"], "GET", path)
    if answer.get("error_code") == "ENDPOINT_NOT_FOUND":
        pytest.skip("Signoff does not serve the paths that MLflow has too, yet")


@pytest.fixture
def name(sdk: As) -> Iterator[str]:
    """The name of a model that an administrator made, with two versions."""
    name = f"made-{os.getpid()}-{next(_names)}"
    admin = sdk("admin")
    admin.call("create_model", name=name, description="d", tags={"team": "growth"})
    for number in "12":
        made = admin.call(
            "create_model_version", name=name, source=f"s3://bucket/{number}"
        )
        assert made["model_version"]["version"] == number
    yield name
    admin.call("delete_model", name=name)


def test_a_model_is_made_described_renamed_and_deleted(sdk: As) -> None:
    admin, name = sdk("admin"), f"life-{os.getpid()}"

    made = admin.call("create_model", name=name, tags={"team": "growth"})
    twice = refusal(admin, "create_model", name=name)
    described = admin.call("update_model", name=name, description="Who leaves.")
    renamed = admin.call("rename_model", name=name, new_name=f"{name}-2")
    gone = refusal(admin, "get_model", name=name)
    admin.call("delete_model", name=f"{name}-2")
    deleted = refusal(admin, "get_model", name=f"{name}-2")

    assert made["registered_model"]["name"] == name
    assert made["registered_model"]["tags"] == [{"key": "team", "value": "growth"}]
    assert twice.kind == "ResourceAlreadyExists"
    assert described["registered_model"]["description"] == "Who leaves."
    assert renamed["registered_model"]["name"] == f"{name}-2"
    assert gone.kind == deleted.kind == "ResourceDoesNotExist"


def test_models_are_listed_and_searched(sdk: As, name: str) -> None:
    listed = sdk("admin").call("list_models", max_results=1)
    found = sdk("admin").call("search_models", filter=f"name = '{name}'")
    hidden = sdk("stranger").call("search_models", filter=f"name = '{name}'")

    assert name in {model["name"] for model in listed}
    assert [model["name"] for model in found] == [name]
    assert hidden == sdk("stranger").call("list_models") == []


def test_tags_of_a_model_are_set_and_deleted(sdk: As, name: str) -> None:
    admin = sdk("admin")

    admin.call("set_model_tag", name=name, key="k", value="v")
    with_tag = admin.call("search_models", filter=f"name = '{name}'")
    admin.call("delete_model_tag", name=name, key="k")
    without = admin.call("search_models", filter=f"name = '{name}'")

    assert {"key": "k", "value": "v"} in with_tag[0]["tags"]
    assert {"key": "k", "value": "v"} not in without[0].get("tags", [])


def test_a_version_is_read_described_searched_and_deleted(sdk: As, name: str) -> None:
    admin, which = sdk("admin"), {"name": name, "version": "1"}

    described = admin.call("update_model_version", **which, description="First.")
    read = admin.call("get_model_version", **which)
    uri = admin.call("get_model_version_download_uri", **which)
    latest = admin.call("get_latest_versions", name=name)
    found = admin.call("search_model_versions", filter=f"name = '{name}'")
    admin.call("delete_model_version", **which)
    gone = refusal(admin, "get_model_version", **which)

    assert described["model_version"]["description"] == "First."
    assert read["model_version"]["source"] == uri["artifact_uri"] == "s3://bucket/1"
    assert [one["version"] for one in latest] == ["2"]
    assert {one["version"] for one in found} == {"1", "2"}
    assert gone.kind == "ResourceDoesNotExist"


def test_tags_of_a_version_are_set_and_deleted(sdk: As, name: str) -> None:
    admin, which = sdk("admin"), {"name": name, "version": "2"}

    admin.call("set_model_version_tag", **which, key="k", value="v")
    with_tag = admin.call("get_model_version", **which)["model_version"]
    admin.call("delete_model_version_tag", **which, key="k")
    without = admin.call("get_model_version", **which)["model_version"]

    assert with_tag["tags"] == [{"key": "k", "value": "v"}]
    assert without.get("tags", []) == []


WRITES: dict[str, dict[str, Any]] = {
    "update_model": {"description": "x"},
    "rename_model": {"new_name": "x"},
    "delete_model": {},
    "set_model_tag": {"key": "k", "value": "v"},
    "delete_model_tag": {"key": "team"},
    "create_model_version": {"source": "s3://bucket/3"},
    "update_model_version": {"version": "1", "description": "x"},
    "set_model_version_tag": {"version": "1", "key": "k", "value": "v"},
    "delete_model_version_tag": {"version": "1", "key": "k"},
    "delete_model_version": {"version": "1"},
}
READS: dict[str, dict[str, Any]] = {
    "get_latest_versions": {},
    "get_model_version": {"version": "1"},
    "get_model_version_download_uri": {"version": "1"},
}


@pytest.mark.parametrize("verb", WRITES)
def test_a_write_takes_a_level(verb: str, sdk: As, name: str) -> None:
    reader = refusal(sdk("reader"), verb, name=name, **WRITES[verb])

    assert (reader.kind, reader.code) == ("PermissionDenied", "PERMISSION_DENIED")


@pytest.mark.parametrize("verb", [*WRITES, *READS])
def test_what_one_may_not_read_is_not_there(verb: str, sdk: As, name: str) -> None:
    given = (WRITES | READS)[verb]

    hidden = refusal(sdk("stranger"), verb, name=name, **given)
    missing = refusal(sdk("admin"), verb, name="Unexpected error", **given)

    assert hidden.kind == missing.kind == "ResourceDoesNotExist"


@pytest.mark.parametrize("verb", ["create_model", *WRITES, *READS])
def test_an_empty_name_is_refused(verb: str, sdk: As) -> None:
    error = refusal(sdk("admin"), verb, name="", **(WRITES | READS).get(verb, {}))

    assert error.kind in {"InvalidParameterValue", "BadRequest"}
