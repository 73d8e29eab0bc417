"""Rows of `test_access.py` for calls of programs, which answer in JSON."""

from typing import Any

FOR_PROGRAMS = ("api_v1:", "databricks:", "databricks_preview:")
"""The namespaces whose addresses answer in JSON."""

_SPACES = ("databricks", "databricks_preview")
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
TABLE = "databricks_config GET 200 200 200 200 200 200 200\n" + "".join(
    f"{app}:{space}:{row}\n"
    for app, rows in {"webhooks_ui": _WEBHOOKS, "registry_ui": _REGISTRY}.items()
    for row in rows.splitlines()
    for space in _SPACES
)

_VERSION = {"name": "churn", "version": "2"}
QUERIES = {
    f"registry_ui:{space}:{name}": query
    for space in _SPACES
    for name, query in {
        "databricks_registered-models_get": "?name=churn",
        "transition-requests_list": "?name=churn&version=2",
    }.items()
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
    return v1 | {
        name.format(space): body
        for space in _SPACES
        for name, body in of_dialect.items()
    }
