"""The examples in the document: each body is sent, each answer is what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from jsonschema import Draft202012Validator

from registry_ui.actions.decisions import gather_decision
from registry_ui.api.v1 import api
from tests.factories import (
    make_comment,
    make_incident,
    make_model,
    make_transition_request,
    make_user,
    make_version,
)
from tests.registry_ui.api.conftest import caller

DOCUMENT: Any = api.get_openapi_schema()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
WITH_EXAMPLES = [name for name, schema in SCHEMAS.items() if "examples" in schema]
Sent = tuple[str, str, dict[str, Any]]


def _bodies() -> Iterator[Sent]:
    for method, path, operation in _operations():
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            for example in _schema_of(content["schema"])["examples"]:
                yield method, path, example


def _operations() -> Iterator[tuple[str, str, Any]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _schema_of(schema: Any) -> Any:
    """Return what a body's schema names, be it one that has a default."""
    reference = schema.get("$ref") or schema["allOf"][0]["$ref"]
    return SCHEMAS[reference.rpartition("/")[2]]


@pytest.fixture
def me(db: None) -> User:
    return make_user(is_superuser=True)


@pytest.fixture
def client(me: User) -> Client:
    return caller(me)


@pytest.fixture
def parts(me: User) -> dict[str, Any]:
    """Return what paths name: version 7 of churn, and all that is about it."""
    model = make_model(name="churn")
    for _ in range(6):
        make_version(model=model)
    version = make_version(model=model, stage="Staging")
    ask = make_transition_request(version=version, target="stage:Production")
    return {
        "name": "churn",
        "version": version.number,
        "requests": ask.number,
        "incidents": make_incident(version=version, after="Staging").number,
        "comment_id": make_comment(version=version, author=me).pk,
    }


@pytest.mark.parametrize(
    ("method", "path", "example"), list(_bodies()), ids=lambda value: str(value)[:60]
)
def test_each_body_does_what_it_is_an_example_of(
    client: Client,
    parts: dict[str, Any],
    method: str,
    path: str,
    example: dict[str, Any],
) -> None:
    kind = path.split("/")[3]
    address = path.format(**parts, number=parts.get(kind))
    body = dict(example)
    if "fingerprint" in body:  # of what is there now
        what = client.get(f"/api/v1/{kind}/{parts[kind]}").json()
        body["fingerprint"] = what["fingerprint"]

    answer = client.generic(
        method.upper(),
        address,
        json.dumps(body),
        "application/json",
        headers={"If-Match": "*"},
    )

    assert answer.status_code in (200, 201), answer.content


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    list(_operations()),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_call_takes_what_it_does_not_declare(
    client: Client, method: str, path: str, operation: Any
) -> None:
    body = next((body for m, p, body in _bodies() if (m, p) == (method, path)), None)
    if path.endswith("/reviews"):
        seen = str(gather_decision(make_transition_request()).fingerprint)
        body = {**(body or {}), "fingerprint": seen}
    address = re.sub(r"{\w+}", "1", path)
    wanted = "v=a/1&v=b/1&" if path.endswith("/compare") else ""

    def call(body: Any, query: str = "") -> Any:
        sent = "" if body is None else json.dumps(body)
        answer = client.generic(
            method.upper(), f"{address}?{wanted}{query}", sent, "application/json"
        )
        return answer.status_code, answer.json()["message"]

    status, said = call(body, "misspelt=1")
    assert (status, said[:33]) == (400, "There is no parameter `misspelt`;")
    if method != "get" and "requestBody" not in operation:
        assert call({"x": 1}) == (400, "This call takes no body; leave it out.")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_each_example_fits_its_schema(name: str) -> None:
    validator = Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    )

    for example in SCHEMAS[name]["examples"]:
        assert list(validator.iter_errors(example)) == []
