"""The OpenAPI document: complete, consistent, readable without a sign-in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from registry_ui.models import Scope

DELIVERY = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"
OPERATIONS = {
    "GET /api/v1/account",
    "GET /api/v1/tokens",
    "POST /api/v1/tokens",
    "DELETE /api/v1/tokens/{token_id}",
    "GET /api/v1/compare",
    "GET /api/v1/requests",
    "POST /api/v1/requests",
    "GET /api/v1/requests/{number}",
    "GET /api/v1/requests/{number}/gates",
    "GET /api/v1/incidents",
    "GET /api/v1/incidents/{number}",
    "POST /api/v1/incidents/{number}/accept",
    "POST /api/v1/incidents/{number}/revert",
    "POST /api/v1/incidents/{number}/ask",
    "GET /api/v1/holdings",
    "GET /api/v1/policies",
    "PUT /api/v1/policies",
    "POST /api/v1/policies/check",
    "GET /api/v1/policies/{policy}",
    "GET /api/v1/policies/{policy}/versions",
    "GET /api/v1/policies/{policy}/versions/{number}",
    "GET /api/v1/models",
    "GET /api/v1/models/{name}",
    "GET /api/v1/models/{name}/versions",
    "GET /api/v1/models/{name}/versions/{version}",
    "GET /api/v1/audit",
    "GET /api/v1/audit/chain",
    "GET /api/v1/audit/{position}",
    "GET /api/v1/webhooks",
    "GET /api/v1/webhooks/{webhook_id}",
    "GET /api/v1/webhooks/{webhook_id}/deliveries",
    f"GET {DELIVERY}",
    f"GET {DELIVERY}/attempts",
    f"POST {DELIVERY}/redeliver",
    "POST /api/v1/requests/{number}/reviews",
    "POST /api/v1/requests/{number}/cancel",
    "POST /api/v1/requests/{number}/retry",
    "POST /api/v1/requests/{number}/undo",
    "GET /api/v1/requests/{number}/comments",
    "POST /api/v1/requests/{number}/comments",
    "PATCH /api/v1/comments/{comment_id}",
    "DELETE /api/v1/comments/{comment_id}",
    "GET /api/v1/models/{name}/versions/{version}/checks",
    "POST /api/v1/models/{name}/versions/{version}/checks",
}

SCOPES = {
    "POST /api/v1/requests": Scope.REQUEST,
    "POST /api/v1/requests/{number}/reviews": Scope.REVIEW,
    "POST /api/v1/requests/{number}/cancel": Scope.REQUEST,
    "POST /api/v1/requests/{number}/retry": Scope.REVIEW,
    "POST /api/v1/requests/{number}/undo": Scope.REVIEW,
    "POST /api/v1/requests/{number}/comments": Scope.REQUEST,
    "PATCH /api/v1/comments/{comment_id}": Scope.REQUEST,
    "DELETE /api/v1/comments/{comment_id}": Scope.REQUEST,
    "POST /api/v1/models/{name}/versions/{version}/checks": Scope.CHECK,
    "POST /api/v1/incidents/{number}/accept": Scope.REVIEW,
    "POST /api/v1/incidents/{number}/revert": Scope.REVIEW,
    "POST /api/v1/incidents/{number}/ask": Scope.REQUEST,
    "PUT /api/v1/policies": Scope.ADMIN,
    "POST /api/v1/tokens": Scope.ADMIN,
    "DELETE /api/v1/tokens/{token_id}": Scope.ADMIN,
    f"POST {DELIVERY}/redeliver": Scope.ADMIN,
}
"""What a token needs; to read where nothing is said."""

BODILESS = ("/retry", "/undo", "/redeliver")


@pytest.fixture
def document(db: None) -> Any:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def _operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_it_names_itself_and_where_it_is(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Signoff API"
    assert document["servers"] == [{"url": settings.BASE_URL}]


def test_it_lists_every_operation(document: Any) -> None:
    listed = {f"{method} {path}" for method, path, _ in _operations(document)}

    assert listed == OPERATIONS


def test_every_reference_leads_somewhere(document: Any) -> None:
    for reference in _references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict)


def test_every_operation_is_described_and_says_how_to_sign_in(document: Any) -> None:
    names = []
    schemes = document["components"]["securitySchemes"]
    for method, path, operation in _operations(document):
        names.append(operation["operationId"])
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        assert {next(iter(way)) for way in operation["security"]} == set(schemes)
        assert operation["x-scope"] == SCOPES.get(f"{method} {path}", Scope.READ)
        assert f"the scope `{operation['x-scope']}`" in operation["description"]
        assert {"400", "401", "403", "404"} <= set(operation["responses"])
        declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))
        if method in {"POST", "PATCH", "PUT"} and not path.endswith(BODILESS):
            schema = operation["requestBody"]["content"]["application/json"]
            assert schema["schema"], path
    assert len(names) == len(set(names))


def test_it_offers_tokens_in_both_forms_and_the_session(document: Any) -> None:
    schemes = document["components"]["securitySchemes"]

    assert schemes["Bearer"] == {"type": "http", "scheme": "bearer"}
    assert schemes["Basic"] == {"type": "http", "scheme": "basic"}
    assert schemes["Session"]["in"] == "cookie"


def test_all_bodies_and_errors_have_an_example_and_bodies_are_closed(
    document: Any,
) -> None:
    schemas = document["components"]["schemas"]
    bodies = {name for name in schemas if name.endswith("In")}

    assert bodies == {
        "AnswerIn",
        "CancelIn",
        "CheckIn",
        "CommentIn",
        "PoliciesIn",
        "RequestIn",
        "ReviewIn",
        "TokenIn",
    }
    for name in bodies | {"Error", "CheckOut", "EffectOut", "NeedsOut"}:
        assert schemas[name]["examples"], name
    for name in bodies:
        assert schemas[name]["additionalProperties"] is False
