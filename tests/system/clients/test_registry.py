"""Calls of the unmodified databricks-sdk that only Databricks has, all of them."""

import os
import re
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from mlflow import MlflowClient

from tests.running import SYNC_SECONDS, RunningSignoff, wait_for
from tests.system.clients.conftest import As, raw, refusal
from tests.system.clients.processes import python_of_clients

pytestmark = pytest.mark.system

DOCUMENT = (Path(settings.BASE_DIR) / "docs" / "databricks.md").read_text("utf-8")
KEEP = {"archive_existing_versions": False}
_names = count(1)


class Registered:
    """A model of three versions that is mirrored: v1 is in Production."""

    def __init__(self, mlflow_uri: str, sdk: As) -> None:
        self.name = f"asked-{os.getpid()}-{next(_names)}"
        self.plain = MlflowClient(mlflow_uri, mlflow_uri)
        self.plain.create_registered_model(self.name)
        for _ in range(3):
            self.plain.create_model_version(self.name, "s3://bucket/model")
        self.plain.transition_model_version_stage(self.name, "1", "Production")
        self.found: dict[str, Any] = {}

        def is_known() -> bool:
            try:
                answer = sdk("admin").call("get_model", name=self.name)
            except Exception:  # noqa: BLE001 - not mirrored yet
                return False
            self.found = answer["registered_model_databricks"]
            latest = self.found.get("latest_versions", [])
            return {one["version"] for one in latest} == {"1", "3"}

        wait_for(is_known, seconds=SYNC_SECONDS + 30, what="the model is mirrored")

    def version(self, number: int, stage: str = "Production") -> dict[str, Any]:
        """Return how calls name a version and a stage."""
        return {"name": self.name, "version": str(number), "stage": stage}

    def stage(self, number: int) -> str:
        """Return where a version is in MLflow."""
        found = self.plain.get_model_version(self.name, str(number))
        return str(found.current_stage)


@pytest.fixture
def churn(running_mlflow: Any, sdk: As) -> Registered:
    return Registered(running_mlflow.uri, sdk)


def test_a_model_has_an_id_and_the_callers_level(sdk: As, churn: Registered) -> None:
    levels = {
        role: sdk(role).call("get_model", name=churn.name)
        for role in ("admin", "editor")
    }
    hidden = refusal(sdk("stranger"), "get_model", name=churn.name)
    missing = refusal(sdk("admin"), "get_model", name="nonsense")
    empty = refusal(sdk("admin"), "get_model", name="")

    assert {
        role: answer["registered_model_databricks"]["permission_level"]
        for role, answer in levels.items()
    } == {"admin": "CAN_MANAGE", "editor": "CAN_EDIT"}
    assert churn.found["id"].isalnum()
    assert hidden.kind == missing.kind == "ResourceDoesNotExist"
    assert str(hidden) == str(missing).replace("nonsense", churn.name)
    assert empty.kind == "InvalidParameterValue"


def test_a_version_moves_where_the_policy_lets_it(sdk: As, churn: Registered) -> None:
    moved = sdk("manager").call(
        "transition_stage", **churn.version(2, "staging"), **KEEP, comment="Go."
    )["model_version_databricks"]

    assert (moved["version"], moved["current_stage"]) == ("2", "Staging")
    assert moved["permission_level"] == "CAN_MANAGE"
    assert churn.stage(2) == "Staging"
    again = sdk("manager").call(
        "transition_stage", **churn.version(2, "Staging"), **KEEP
    )
    assert again["model_version_databricks"]["current_stage"] == "Staging"


def test_what_the_policy_keeps_is_asked_for(sdk: As, churn: Registered) -> None:
    given = {**churn.version(2), **KEEP}

    errors = [
        refusal(sdk(role), "transition_stage", **given)
        for role in ("manager", "editor")
    ]
    hidden = refusal(sdk("stranger"), "transition_stage", **given)
    nonsense = refusal(sdk("manager"), "transition_stage", **{**given, "stage": "Live"})

    for error in errors:
        assert error.kind == "PermissionDenied"
        assert "four-eyes" in str(error)
        assert "create_transition_request(" in str(error)
    assert hidden.kind == "ResourceDoesNotExist"
    assert nonsense.kind == "InvalidParameterValue"
    assert churn.stage(2) == "None"


def test_a_request_is_made_listed_and_approved(sdk: As, churn: Registered) -> None:
    asked = sdk("editor").call(
        "create_transition_request", **churn.version(2), comment="Better."
    )["request"]
    twice = refusal(sdk("editor"), "create_transition_request", **churn.version(2))
    sdk("reader").call("create_transition_request", **churn.version(2))
    which = {"name": churn.name, "version": "2"}
    first, second = sdk("manager").call("list_transition_requests", **which)
    forbidden = refusal(
        sdk("editor"), "approve_transition_request", **churn.version(2), **KEEP
    )

    approved = sdk("manager").call(
        "approve_transition_request",
        **churn.version(2),
        archive_existing_versions=True,
        comment="Fine.",
    )["activity"]

    assert (asked["comment"], asked["to_stage"]) == ("Better.", "Production")
    assert asked["available_actions"] == ["CANCEL_TRANSITION_REQUEST"]
    assert twice.kind == "ResourceAlreadyExists"
    assert first["activity_type"] == second["activity_type"] == "REQUESTED_TRANSITION"
    assert first["user_id"] == asked["user_id"]
    assert forbidden.kind == "PermissionDenied"
    assert approved["activity_type"] == "APPROVED_REQUEST"
    assert approved["comment"] == "Fine."
    assert (approved["from_stage"], approved["to_stage"]) == ("None", "Production")
    assert f"Request #{first['id']} is applied" in approved["system_comment"]
    assert (churn.stage(1), churn.stage(2)) == ("Archived", "Production")
    assert sdk("manager").call("list_transition_requests", **which) == []
    gone = refusal(
        sdk("manager"), "approve_transition_request", **churn.version(2), **KEEP
    )
    assert gone.kind == "ResourceDoesNotExist"


def test_a_request_is_rejected_or_withdrawn(sdk: As, churn: Registered) -> None:
    asked = [
        sdk("editor").call("create_transition_request", **churn.version(number))
        for number in (2, 3)
    ]
    creator = asked[0]["request"]["user_id"]
    forbidden = [
        refusal(sdk("editor"), "reject_transition_request", **churn.version(2)),
        refusal(
            sdk("reader"),
            "delete_transition_request",
            **churn.version(3),
            creator=creator,
        ),
    ]

    rejected = sdk("manager").call(
        "reject_transition_request", **churn.version(2), comment="Worse."
    )["activity"]
    withdrawn = sdk("editor").call(
        "delete_transition_request",
        **churn.version(3),
        creator=creator,
        comment="Not yet.",
    )["activity"]

    assert {error.kind for error in forbidden} == {"PermissionDenied"}
    assert (rejected["activity_type"], rejected["comment"]) == (
        "REJECTED_REQUEST",
        "Worse.",
    )
    assert (withdrawn["activity_type"], withdrawn["comment"]) == (
        "CANCELLED_REQUEST",
        "Not yet.",
    )
    assert churn.stage(2) == churn.stage(3) == "None"


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("create_transition_request", {}),
        ("approve_transition_request", KEEP),
        ("reject_transition_request", {}),
        ("delete_transition_request", {"creator": "nobody"}),
        ("transition_stage", KEEP),
    ],
)
def test_bad_input_is_refused_with_the_reason(
    verb: str, more: dict[str, Any], sdk: As, churn: Registered
) -> None:
    given = {**churn.version(2), **more}

    stage = refusal(sdk("manager"), verb, **{**given, "stage": "Live"})
    version = refusal(sdk("manager"), verb, **{**given, "version": "two"})
    unknown = refusal(sdk("manager"), verb, **{**given, "name": "Unexpected error"})

    assert (stage.kind, stage.code) == (
        "InvalidParameterValue",
        "INVALID_PARAMETER_VALUE",
    )
    assert "`stage`: There is no such stage." in str(stage)
    assert "`version`: This is not a whole number." in str(version)
    assert unknown.kind == "ResourceDoesNotExist"


def test_a_comment_lives_from_create_to_delete(sdk: As, churn: Registered) -> None:
    which = {"name": churn.name, "version": "2"}

    made = sdk("editor").call("create_comment", **which, comment="Which data?")
    comment = made["comment"]
    changed = sdk("editor").call(
        "update_comment", id=comment["id"], comment="Whose data?"
    )["comment"]
    theirs = refusal(sdk("manager"), "update_comment", id=comment["id"], comment="x")
    hidden = refusal(sdk("stranger"), "delete_comment", id=comment["id"])
    empty = refusal(sdk("editor"), "create_comment", **which, comment=" ")
    sdk("manager").call("delete_comment", id=comment["id"])
    gone = refusal(sdk("manager"), "delete_comment", id=comment["id"])

    assert comment["available_actions"] == ["EDIT_COMMENT", "DELETE_COMMENT"]
    assert comment["creation_timestamp"] == comment["last_updated_timestamp"]
    assert changed["comment"] == "Whose data?"
    assert changed["last_updated_timestamp"] > changed["creation_timestamp"]
    assert theirs.kind == "PermissionDenied"
    assert hidden.kind == gone.kind == "ResourceDoesNotExist"
    assert empty.kind == "InvalidParameterValue"


def test_permissions_are_read_set_and_updated(sdk: As, churn: Registered) -> None:
    it = {"registered_model_id": churn.found["id"]}
    which = {"name": churn.name, "version": "1"}
    said = sdk("editor").call("create_comment", **which, comment="Hi.")
    editor = said["comment"]["user_id"]
    manager = sdk("manager")

    levels = manager.call("get_permission_levels", **it)["permission_levels"]
    updated = manager.call(
        "update_permissions",
        **it,
        access_control_list=[{"user_name": editor, "permission_level": "CAN_MANAGE"}],
    )
    replaced = sdk("editor").call(
        "set_permissions",
        **it,
        access_control_list=[{"user_name": editor, "permission_level": "CAN_READ"}],
    )
    wiped = manager.call("set_permissions", **it)
    read = sdk("editor").call("get_permissions", **it)

    assert [one["permission_level"] for one in levels] == [
        "CAN_READ",
        "CAN_EDIT",
        "CAN_MANAGE_STAGING_VERSIONS",
        "CAN_MANAGE_PRODUCTION_VERSIONS",
        "CAN_MANAGE",
    ]
    assert _direct(updated) == {editor: "CAN_MANAGE"}
    assert _direct(replaced) == {editor: "CAN_READ"}
    assert _direct(wiped) == _direct(read) == {}
    assert read["object_id"] == f"/registered-models/{churn.found['id']}"
    assert read["object_type"] == "registered-model"


def _direct(answer: dict[str, Any]) -> dict[str, str]:
    return {
        entry["user_name"]: one["permission_level"]
        for entry in answer["access_control_list"]
        for one in entry["all_permissions"]
        if not one.get("inherited")
    }


def test_permissions_are_a_managers(sdk: As, churn: Registered) -> None:
    it = {"registered_model_id": churn.found["id"]}
    nobody = [{"user_name": "nobody", "permission_level": "CAN_READ"}]

    for verb in ("set_permissions", "update_permissions"):
        forbidden = refusal(sdk("editor"), verb, **it, access_control_list=nobody)
        unknown = refusal(sdk("manager"), verb, **it, access_control_list=nobody)
        assert forbidden.kind == "PermissionDenied"
        assert unknown.kind == "InvalidParameterValue"
        assert "no active account 'nobody'" in str(unknown)
    for verb in ("get_permissions", "get_permission_levels", "set_permissions"):
        for who, which in (("stranger", it), ("manager", {"registered_model_id": "0"})):
            assert refusal(sdk(who), verb, **which).kind == "ResourceDoesNotExist"


def test_a_bad_token_is_told_apart(sdk: As, churn: Registered) -> None:
    assert refusal(sdk("nobody"), "get_model", name=churn.name).kind == (
        "Unauthenticated"
    )


def test_the_preview_paths_answer_alike(
    sdk: As, churn: Registered, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> None:
    token = secrets_of["admin"]

    for where in ("", "preview/"):
        status, found = raw(
            signoff,
            token,
            "GET",
            f"/api/2.0/{where}mlflow/transition-requests/list?name={churn.name}&version=2",
        )
        assert (status, found) == (200, {"requests": []})
        path = f"/api/2.0/{where}permissions/registered-models/{churn.found['id']}"
        assert raw(signoff, token, "GET", path)[0] == 200


def test_what_the_document_shows_works(
    churn: Registered, signoff: RunningSignoff, secrets_of: dict[str, str]
) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    (code,) = [block for block in blocks if "create_transition_request" in block]
    code = code.replace('"churn", "7"', f'"{churn.name}", "2"')

    shown = subprocess.run(  # noqa: S603 - our own document
        [python_of_clients(), "-c", code],
        env={"DATABRICKS_HOST": signoff.url, "DATABRICKS_TOKEN": secrets_of["editor"]},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout

    assert shown.endswith("Production Better.\n")
