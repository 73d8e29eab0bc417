"""Every method of the two clients: who may call it, with what, and what it refuses."""

from typing import Any

from tests.system.clients.world import FORBIDDEN, MISSING, Case, World

STRANGER = ("stranger", MISSING)
READER, EDITOR = ("reader", FORBIDDEN), ("editor", FORBIDDEN)
MANAGER = ("manager", FORBIDDEN)
# A token without the scope: for their level nobody is refused a list, which is short.
CHECKER = ("checker", FORBIDDEN)

NO_NAME = ({"name": ""}, "'name'")
NO_KEY = ({"key": ""}, "'key'")
NO_ID = ({"id": None}, "`id`")
NO_STAGE = ({"stage": "Live"}, "`stage`")
NO_COMMENT = ({"comment": " "}, "`comment`")
NO_MODEL = ({"registered_model_id": "nonsense"}, "'nonsense'")
NO_FILTER = ({"filter": "nonsense = '1'"}, "nonsense")
NO_SUCH_USER = (
    {
        "access_control_list": [
            {"user_name": "nobody", "permission_level": "CAN_READ"},
        ]
    },
    "`access_control_list`",
)
NOT_A_NUMBER = ({"version": "two"}, "'two'")
TOO_MANY = ({"max_results": -1}, "`max_results`")
TOO_LONG = ({"description": "x" * 1001}, "The description")
KEEP = {"archive_existing_versions": False}


def _is_done(answer: Any, _: World) -> bool:
    """Was there nothing to say? The older client says not even that."""
    return answer in ({}, None)


def _names(answer: Any, world: World) -> bool:
    return world.name in {one["name"] for one in answer}


def _is_granted(answer: Any, world: World) -> bool:
    levels = {
        one["permission_level"]
        for entry in answer["access_control_list"]
        if entry.get("user_name") == world.editor
        for one in entry["all_permissions"]
    }
    return "CAN_MANAGE" in levels


_ON_WEBHOOKS = {
    "create_webhook": Case(
        lambda world: world.subscription,
        lambda it, world: it["model_name"] == world.name,
        by="manager",
        refused=EDITOR,
        wrong=TOO_LONG,
    ),
    "list_webhooks": Case(
        lambda world: {
            "model_name": world.new_webhook()["model_name"],
            "max_results": 5,
        },
        lambda it, world: [one["model_name"] for one in it] == [world.name],
        by="manager",
        refused=STRANGER,
        wrong=TOO_MANY,
    ),
    "update_webhook": Case(
        lambda world: {"id": world.new_webhook()["id"], "description": "to the chat"},
        lambda it, _: it["description"] == "to the chat",
        by="manager",
        refused=("editor", MISSING),
        wrong=TOO_LONG,
    ),
    "delete_webhook": Case(
        lambda world: {"id": world.new_webhook()["id"]},
        _is_done,
        by="manager",
        refused=("editor", MISSING),
        wrong=NO_ID,
    ),
}
_TEST = Case(
    lambda world: {"id": world.new_webhook()["id"]},
    lambda it, _: it == {"status_code": 200, "body": "ok"},
    by="manager",
    refused=("editor", MISSING),
    wrong=NO_ID,
)


_ONLY_DATABRICKS_HAS = {
    "get_model": Case(
        lambda world: world.model,
        lambda it, world: it["registered_model_databricks"]["name"] == world.name,
        by="reader",
        refused=STRANGER,
        wrong=({"name": ""}, "`name`"),
    ),
    "transition_stage": Case(
        lambda world: {**world.staging, **KEEP},
        lambda it, _: it["model_version_databricks"]["current_stage"] == "Staging",
        by="manager",
        refused=READER,
        wrong=NO_STAGE,
    ),
    "create_transition_request": Case(
        lambda world: world.staging,
        lambda it, _: it["request"]["to_stage"] == "Staging",
        by="reader",
        refused=STRANGER,
        wrong=NO_STAGE,
    ),
    "list_transition_requests": Case(
        lambda world: {"name": world.new_request()["name"], "version": "2"},
        lambda it, _: {one["to_stage"] for one in it} == {"Production"},
        by="reader",
        refused=STRANGER,
        wrong=({"version": "two"}, "`version`"),
    ),
    "approve_transition_request": Case(
        lambda world: {**world.new_request(), **KEEP},
        lambda it, _: it["activity"]["activity_type"] == "APPROVED_REQUEST",
        by="manager",
        refused=EDITOR,
        wrong=NO_STAGE,
    ),
    "reject_transition_request": Case(
        lambda world: world.new_request(),
        lambda it, _: it["activity"]["activity_type"] == "REJECTED_REQUEST",
        by="manager",
        refused=EDITOR,
        wrong=NO_STAGE,
    ),
    "delete_transition_request": Case(
        lambda world: {**world.new_request(), "creator": world.editor},
        lambda it, _: it["activity"]["activity_type"] == "CANCELLED_REQUEST",
        by="editor",
        refused=READER,
        wrong=NO_STAGE,
    ),
    "create_comment": Case(
        lambda world: {**world.version, "comment": "Which data?"},
        lambda it, _: it["comment"]["comment"] == "Which data?",
        by="reader",
        refused=STRANGER,
        wrong=NO_COMMENT,
    ),
    "update_comment": Case(
        lambda world: {"id": world.new_comment()["id"], "comment": "Whose data?"},
        lambda it, _: it["comment"]["comment"] == "Whose data?",
        by="editor",
        refused=MANAGER,
        wrong=NO_COMMENT,
    ),
    "delete_comment": Case(
        lambda world: {"id": world.new_comment()["id"]},
        _is_done,
        by="manager",
        refused=READER,
        wrong=NO_ID,
    ),
    # An id stands in the address: a wrong one names nothing.
    "get_permissions": Case(
        lambda world: world.model_id(),
        lambda it, _: it["object_type"] == "registered-model",
        by="reader",
        refused=STRANGER,
        wrong=NO_MODEL,
        code=MISSING,
    ),
    "get_permission_levels": Case(
        lambda world: world.model_id(),
        lambda it, _: len(it["permission_levels"]) == 5,
        by="reader",
        refused=STRANGER,
        wrong=NO_MODEL,
        code=MISSING,
    ),
    "set_permissions": Case(
        lambda world: world.grant(),
        _is_granted,
        by="manager",
        refused=EDITOR,
        wrong=NO_SUCH_USER,
    ),
    "update_permissions": Case(
        lambda world: world.grant(),
        _is_granted,
        by="manager",
        refused=EDITOR,
        wrong=NO_SUCH_USER,
    ),
}

_MLFLOW_HAS_TOO = {
    "create_model": Case(
        lambda world: {"name": f"{world.name}-new"},
        lambda it, world: it["registered_model"]["name"] == f"{world.name}-new",
        by="editor",
        refused=READER,
        wrong=NO_NAME,
    ),
    "update_model": Case(
        lambda world: {**world.model, "description": "Who leaves."},
        lambda it, _: it["registered_model"]["description"] == "Who leaves.",
        by="editor",
        refused=READER,
        wrong=NO_NAME,
    ),
    "rename_model": Case(
        lambda world: {**world.model, "new_name": f"{world.name}-2"},
        lambda it, world: it["registered_model"]["name"] == f"{world.name}-2",
        by="manager",
        refused=EDITOR,
        wrong=({"new_name": ""}, "'new_name'"),
    ),
    "delete_model": Case(
        lambda world: world.model,
        _is_done,
        by="manager",
        refused=EDITOR,
        wrong=NO_NAME,
    ),
    "list_models": Case(
        lambda _: {"max_results": 100},
        _names,
        by="reader",
        refused=CHECKER,
        wrong=TOO_MANY,
    ),
    "search_models": Case(
        lambda world: world.search,
        lambda it, world: [one["name"] for one in it] == [world.name],
        by="reader",
        refused=CHECKER,
        wrong=NO_FILTER,
    ),
    "set_model_tag": Case(
        lambda world: {**world.model, "key": "k", "value": "v"},
        _is_done,
        by="editor",
        refused=READER,
        wrong=NO_KEY,
    ),
    "delete_model_tag": Case(
        lambda world: {**world.model, "key": "team"},
        _is_done,
        by="editor",
        refused=READER,
        wrong=NO_KEY,
    ),
    "get_latest_versions": Case(
        lambda world: {**world.model, "stages": ["None"]},
        lambda it, _: [one["version"] for one in it] == ["2"],
        by="reader",
        refused=STRANGER,
        wrong=({"stages": ["Live"]}, "Live"),
    ),
    "create_model_version": Case(
        lambda world: {**world.model, "source": "s3://bucket/3"},
        lambda it, _: it["model_version"]["version"] == "3",
        by="editor",
        refused=READER,
        wrong=({"source": ""}, "'source'"),
    ),
    "get_model_version": Case(
        lambda world: world.version,
        lambda it, _: it["model_version"]["version"] == "2",
        by="reader",
        refused=STRANGER,
        wrong=NOT_A_NUMBER,
    ),
    "get_model_version_download_uri": Case(
        lambda world: world.version,
        lambda it, _: it["artifact_uri"] == "s3://bucket/2",
        by="reader",
        refused=STRANGER,
        wrong=NOT_A_NUMBER,
    ),
    "update_model_version": Case(
        lambda world: {**world.version, "description": "Second."},
        lambda it, _: it["model_version"]["description"] == "Second.",
        by="editor",
        refused=READER,
        wrong=NOT_A_NUMBER,
    ),
    "search_model_versions": Case(
        lambda world: world.search,
        lambda it, _: {one["version"] for one in it} == {"1", "2"},
        by="reader",
        refused=CHECKER,
        wrong=NO_FILTER,
    ),
    "set_model_version_tag": Case(
        lambda world: {**world.version, "key": "k", "value": "v"},
        _is_done,
        by="editor",
        refused=READER,
        wrong=NO_KEY,
    ),
    "delete_model_version_tag": Case(
        lambda world: {**world.version, "key": "data"},
        _is_done,
        by="editor",
        refused=READER,
        wrong=NO_KEY,
    ),
    "delete_model_version": Case(
        lambda world: world.version,
        _is_done,
        by="manager",
        refused=EDITOR,
        wrong=NOT_A_NUMBER,
    ),
}

CASES: dict[str, dict[str, Case]] = {
    "databricks-sdk": {
        **_ONLY_DATABRICKS_HAS,
        **_MLFLOW_HAS_TOO,
        **_ON_WEBHOOKS,
        "test_registry_webhook": _TEST,
    },
    "databricks-registry-webhooks": {**_ON_WEBHOOKS, "test_webhook": _TEST},
}
"""By client and method."""
