"""Rows of `test_access.py` for calls of programs, which answer in JSON."""

from typing import Any

FOR_PROGRAMS = ("api_v1:", "databricks:", "databricks_preview:")
"""The namespaces whose addresses answer in JSON."""

_DIALECT = """
webhooks_ui:{0}:registry-webhooks_create POST 401 404 403 403 403 400 400
webhooks_ui:{0}:registry-webhooks_list GET 401 200 200 200 200 200 200
webhooks_ui:{0}:registry-webhooks_update PATCH 401 404 404 404 404 200 200
webhooks_ui:{0}:registry-webhooks_delete DELETE 401 404 404 404 404 200 200
webhooks_ui:{0}:registry-webhooks_test POST 401 404 404 404 404 400 400
"""
TABLE = (
    """\
databricks_config GET 200 200 200 200 200 200 200"""
    + _DIALECT.format("databricks")
    + _DIALECT.format("databricks_preview").strip()
)


def bodies_of(webhook_id: str, seen: str) -> dict[str, dict[str, Any]]:
    """Return what a call sends that would do, but for the right to, by its name.

    Args:
        webhook_id: of the one webhook.
        seen: fingerprint of the one incident.
    """
    bodies: dict[str, dict[str, Any]] = {
        "create": {
            "model_name": "churn",
            "events": ["COMMENT_CREATED"],
            "http_url_spec": {"url": "nonsense"},  # nothing is looked up
        },
        "update": {"id": webhook_id, "status": "TEST_MODE"},
        "delete": {"id": webhook_id},
        "test": {"id": webhook_id, "event": "NONSENSE"},  # nothing is sent
    }
    answer = {"comment": "Mine.", "fingerprint": seen}
    document = {"document": "policies: []"}
    return {
        "api_v1:create_incident_acceptance": answer,
        "api_v1:create_incident_revert": answer,
        "api_v1:create_incident_review": answer,
        "api_v1:check_policies": document,
        "api_v1:replace_policies": document,
        "api_v1:create_request_comment": {"text": "A remark."},
        "api_v1:update_comment": {"text": "Another remark."},
        "api_v1:create_check": {"name": "fairness", "verdict": "passed"},
    } | {
        f"webhooks_ui:{space}:registry-webhooks_{verb}": body
        for space in ("databricks", "databricks_preview")
        for verb, body in bodies.items()
    }
