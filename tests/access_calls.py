"""Rows of `test_access.py` for calls of programs, which answer in JSON."""

from typing import Any

FOR_PROGRAMS = ("api_v1:", "databricks:", "databricks_preview:", ":gate")
"""The namespaces whose addresses answer in JSON."""

_SPACES = ("databricks", "databricks_preview")
_GATE_SPACES = ("gate", "gate_preview", "gate_ajax")
_WEBHOOKS = """\
registry-webhooks_create POST 401 404 403 403 403 400 400
registry-webhooks_list GET 401 200 200 200 200 200 200
registry-webhooks_update PATCH 401 404 404 404 404 200 200
registry-webhooks_delete DELETE 401 404 404 404 404 200 200
registry-webhooks_test POST 401 404 404 404 404 400 400
"""
_REGISTRY = """\
databricks_registered-models_get GET 401 404 200 200 200 200 200
databricks_model-versions_transition-stage POST 401 404 403 403 200 200 200
transition-requests_create POST 401 404 200 200 200 200 200
transition-requests_list GET 401 404 200 200 200 200 200
transition-requests_approve POST 401 404 403 403 200 200 200
transition-requests_reject POST 401 404 403 403 200 200 200
transition-requests_delete DELETE 401 404 403 403 403 200 200
comments_create POST 401 404 200 200 200 200 200
comments_update PATCH 401 404 403 403 403 403 403
comments_delete DELETE 401 404 403 403 403 200 200
permissions_registered-models_id GET 401 404 200 200 200 200 200
permissions_registered-models_id PUT 401 404 403 403 403 200 200
permissions_registered-models_id PATCH 401 404 403 403 403 200 200
permissions_registered-models_id_permissionLevels GET 401 404 200 200 200 200 200
"""
_GATE = """\
registered-models_get GET 401 404 400 400 400 400 400
registered-models_alias GET 401 404 400 400 400 400 400
registered-models_alias POST 401 404 403 403 400 400 400
registered-models_alias DELETE 401 404 400 400 400 400 400
registered-models_get-latest-versions GET 401 404 400 400 400 400 400
registered-models_get-latest-versions POST 401 404 400 400 400 400 400
registered-models_search GET 401 400 400 400 400 400 400
registered-models_list GET 401 400 400 400 400 400 400
registered-models_create POST 401 403 400 400 400 400 400
registered-models_update PATCH 401 404 403 400 400 400 400
registered-models_rename POST 401 404 403 403 403 403 400
registered-models_delete DELETE 401 404 403 403 403 403 403
registered-models_set-tag POST 401 404 403 400 400 400 400
registered-models_delete-tag DELETE 401 404 403 400 400 400 400
model-versions_get GET 401 404 400 400 400 400 400
model-versions_get-download-uri GET 401 404 400 400 400 400 400
model-versions_search GET 401 400 400 400 400 400 400
model-versions_create POST 401 404 403 400 400 400 400
model-versions_update PATCH 401 404 403 400 400 400 400
model-versions_transition-stage POST 401 404 403 403 403 403 403
model-versions_delete DELETE 401 404 403 403 403 400 400
model-versions_set-tag POST 401 404 403 400 400 400 400
model-versions_delete-tag DELETE 401 404 403 400 400 400 400
webhooks GET 401 403 403 403 403 403 400
webhooks POST 401 403 403 403 403 403 400
webhooks_webhook_id GET 401 403 403 403 403 403 400
webhooks_webhook_id PATCH 401 403 403 403 403 403 400
webhooks_webhook_id DELETE 401 403 403 403 403 403 400
webhooks_webhook_id_test POST 401 403 403 403 403 403 400
"""
"""400 is as far as one gets where there is no MLflow."""
_GATE_SERVER = """\
server-info GET 401 400 400 400 400 400 400
"""
_ROWS = (
    ("webhooks_ui", _SPACES, _WEBHOOKS),
    ("registry_ui", _SPACES, _REGISTRY),
    ("registry_ui", _GATE_SPACES, _GATE),
    ("registry_ui", ("gate_server", "gate_ajax_server"), _GATE_SERVER),
)
TABLE = "databricks_config GET 200 200 200 200 200 200 200\n" + "".join(
    f"{app}:{space}:{row}\n"
    for app, spaces, rows in _ROWS
    for row in rows.splitlines()
    for space in spaces
)

_VERSION = {"name": "churn", "version": "2"}
_GATE_READS = (
    "registered-models_get",
    "registered-models_alias",
    "registered-models_get-latest-versions",
    "model-versions_get",
    "model-versions_get-download-uri",
)
_DIALECT_READS = {
    "databricks_registered-models_get": "?name=churn",
    "transition-requests_list": "?name=churn&version=2",
}
QUERIES = {
    f"registry_ui:{space}:{name}": query
    for space in _SPACES
    for name, query in _DIALECT_READS.items()
} | {
    f"registry_ui:{space}:{name}": "?name=churn&version=2&alias=old"
    for space in _GATE_SPACES
    for name in _GATE_READS
}
"""What a GET needs to say."""


def bodies_of(
    webhook_id: str, seen: str, comment_id: int, creator: str
) -> dict[str, dict[str, Any]]:
    """Return what a call sends that would do, but for the right to, by its name.

    Args:
        webhook_id: of the one webhook.
        seen: fingerprint of the one incident.
        comment_id: of the one comment.
        creator: user name of who asked for the one transition.
    """
    webhooks: dict[str, dict[str, Any]] = {
        "create": {
            "model_name": "churn",
            "events": ["COMMENT_CREATED"],
            "http_url_spec": {"url": "nonsense"},  # nothing is looked up
        },
        "update": {"id": webhook_id, "status": "TEST_MODE"},
        "delete": {"id": webhook_id},
        "test": {"id": webhook_id, "event": "NONSENSE"},  # nothing is sent
    }
    asked = {**_VERSION, "stage": "Production"}
    choice = {"archive_existing_versions": False}
    registry: dict[str, dict[str, Any]] = {
        # It is there already: nothing is sent to MLflow.
        "databricks_model-versions_transition-stage": {
            **_VERSION,
            "stage": "Staging",
            **choice,
        },
        "transition-requests_create": {**_VERSION, "stage": "Archived"},
        "transition-requests_approve": {**asked, **choice},
        "transition-requests_reject": asked,
        "transition-requests_delete": {**asked, "creator": creator},
        "comments_create": {**_VERSION, "comment": "A remark."},
        "comments_update": {"id": comment_id, "comment": "Another remark."},
        "comments_delete": {"id": comment_id},
    }
    # What a call of the gate does not take is ignored, as MLflow does.
    said = {
        "name": "churn",
        "new_name": "churn-2",
        "version": "2",
        "stage": "Production",
        "alias": "old",
        "key": "team",
        "source": "s3://bucket/model",
    }
    gates = {
        f"registry_ui:{space}:{name}": said
        for space in _GATE_SPACES
        for name in {row.partition(" ")[0] for row in _GATE.splitlines()}
        if not name.startswith("webhooks") and name not in _GATE_READS
    }
    answer = {"comment": "Mine.", "fingerprint": seen}
    document = {"document": "policies: []"}
    v1 = {
        "api_v1:create_incident_acceptance": answer,
        "api_v1:create_incident_revert": answer,
        "api_v1:create_incident_review": answer,
        "api_v1:check_policies": document,
        "api_v1:replace_policies": document,
        "api_v1:create_request_comment": {"text": "A remark."},
        "api_v1:update_comment": {"text": "Another remark."},
        "api_v1:create_check": {"name": "fairness", "verdict": "passed"},
    }
    of_dialect = {
        f"webhooks_ui:{{}}:registry-webhooks_{verb}": body
        for verb, body in webhooks.items()
    } | {f"registry_ui:{{}}:{name}": body for name, body in registry.items()}
    dialect = {
        name.format(space): body
        for space in _SPACES
        for name, body in of_dialect.items()
    }
    return v1 | gates | dialect
