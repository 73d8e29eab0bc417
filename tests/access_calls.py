"""Rows of `test_access.py` for calls of programs, which answer in JSON."""

from typing import Any

FOR_PROGRAMS = ("api_v1:", "databricks:", "databricks_preview:", ":gate")
"""The namespaces whose addresses answer in JSON."""

_DIALECT = """
webhooks_ui:{0}:registry-webhooks_create POST 401 404 403 403 403 400 400
webhooks_ui:{0}:registry-webhooks_list GET 401 200 200 200 200 200 200
webhooks_ui:{0}:registry-webhooks_update PATCH 401 404 404 404 404 200 200
webhooks_ui:{0}:registry-webhooks_delete DELETE 401 404 404 404 404 200 200
webhooks_ui:{0}:registry-webhooks_test POST 401 404 404 404 404 400 400
"""
_GATE = """
registry_ui:{0}:registered-models_get GET 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_alias GET 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_alias POST 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_alias DELETE 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_get-latest-versions GET 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_get-latest-versions POST 401 404 400 400 400 400 400
registry_ui:{0}:registered-models_search GET 401 400 400 400 400 400 400
registry_ui:{0}:registered-models_create POST 401 403 400 400 400 400 400
registry_ui:{0}:registered-models_update PATCH 401 404 403 400 400 400 400
registry_ui:{0}:registered-models_rename POST 401 404 403 403 403 400 400
registry_ui:{0}:registered-models_delete DELETE 401 404 403 403 403 403 403
registry_ui:{0}:registered-models_set-tag POST 401 404 403 400 400 400 400
registry_ui:{0}:registered-models_delete-tag DELETE 401 404 403 400 400 400 400
registry_ui:{0}:model-versions_get GET 401 404 400 400 400 400 400
registry_ui:{0}:model-versions_get-download-uri GET 401 404 400 400 400 400 400
registry_ui:{0}:model-versions_search GET 401 400 400 400 400 400 400
registry_ui:{0}:model-versions_create POST 401 404 403 400 400 400 400
registry_ui:{0}:model-versions_update PATCH 401 404 403 400 400 400 400
registry_ui:{0}:model-versions_transition-stage POST 401 404 403 403 403 403 403
registry_ui:{0}:model-versions_delete DELETE 401 404 403 403 403 400 400
registry_ui:{0}:model-versions_set-tag POST 401 404 403 400 400 400 400
registry_ui:{0}:model-versions_delete-tag DELETE 401 404 403 400 400 400 400
registry_ui:{0}:webhooks GET 401 403 403 403 403 403 400
registry_ui:{0}:webhooks POST 401 403 403 403 403 403 400
registry_ui:{0}:webhooks_webhook_id GET 401 403 403 403 403 403 400
registry_ui:{0}:webhooks_webhook_id PATCH 401 403 403 403 403 403 400
registry_ui:{0}:webhooks_webhook_id DELETE 401 403 403 403 403 403 400
registry_ui:{0}:webhooks_webhook_id_test POST 401 403 403 403 403 403 400
"""
"""400 is as far as one gets where there is no MLflow."""
_GATE_SERVER = """
registry_ui:{0}:server-info GET 401 400 400 400 400 400 400
"""
_GATES = [_GATE.format(space) for space in ("gate", "gate_preview", "gate_ajax")]
_GATES += [_GATE_SERVER.format(s) for s in ("gate_server", "gate_ajax_server")]
TABLE = (
    """\
databricks_config GET 200 200 200 200 200 200 200"""
    + _DIALECT.format("databricks")
    + _DIALECT.format("databricks_preview").strip()
    + "\n"
    + "\n".join(table.strip() for table in _GATES)
)


QUERIES = {
    f"registry_ui:{space}:{path}": "?name=churn&version=2&alias=old"
    for space in ("gate", "gate_preview", "gate_ajax")
    for path in (
        "registered-models_get",
        "registered-models_alias",
        "registered-models_get-latest-versions",
        "model-versions_get",
        "model-versions_get-download-uri",
    )
}
"""What reads say."""


def bodies_of(webhook_id: str) -> dict[str, dict[str, Any]]:
    """Return what a call sends that would do, but for the right to, by its name."""
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
    said = {
        "name": "churn",
        "new_name": "churn-2",
        "version": "2",
        "stage": "Production",
        "alias": "old",
        "key": "team",
        "source": "s3://bucket/model",
    }
    # What a call does not take is ignored, as MLflow does.
    gates = {
        name: {} if "webhooks" in name or name in QUERIES else said
        for name, _, *_ in (
            row.partition(" ") for table in _GATES for row in table.strip().split("\n")
        )
    }
    return (
        gates
        | {
            "api_v1:create_request_comment": {"text": "A remark."},
            "api_v1:update_comment": {"text": "Another remark."},
            "api_v1:create_check": {"name": "fairness", "verdict": "passed"},
        }
        | {
            f"webhooks_ui:{space}:registry-webhooks_{verb}": body
            for space in ("databricks", "databricks_preview")
            for verb, body in bodies.items()
        }
    )
