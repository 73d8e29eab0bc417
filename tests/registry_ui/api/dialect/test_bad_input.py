"""Whatever is sent to whichever call, by whomever: it is refused in the one form."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from registry_ui.api.dialect.retries import LONGEST_MESSAGE
from registry_ui.models import ModelVersion, Scope
from tests.factories import make_comment, make_token, make_transition_request
from tests.registry_ui.api.dialect.conftest import (
    REQUESTS,
    TRANSITION,
    Caller,
    caller,
    message,
    refusal,
)

_VERSION = {"name": "churn", "version": "2"}
_STAGE = {**_VERSION, "stage": "Production"}
_ARCHIVES = {"archive_existing_versions": False}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "get": ("GET", "mlflow/databricks/registered-models/get", {"name": "churn"}),
    "transition": ("POST", TRANSITION, _STAGE | _ARCHIVES | {"comment": "Go."}),
    "ask": ("POST", f"{REQUESTS}/create", _STAGE | {"comment": "Better."}),
    "list": ("GET", f"{REQUESTS}/list", _VERSION),
    "approve": ("POST", f"{REQUESTS}/approve", _STAGE | _ARCHIVES | {"comment": ""}),
    "reject": ("POST", f"{REQUESTS}/reject", _STAGE | {"comment": "Worse."}),
    "cancel": (
        "DELETE",
        f"{REQUESTS}/delete",
        _STAGE | {"creator": "rita", "comment": ""},
    ),
    "comment": ("POST", "mlflow/comments/create", _VERSION | {"comment": "Hi."}),
    "edit": ("PATCH", "mlflow/comments/update", {"id": "1", "comment": "Hi."}),
    "uncomment": ("DELETE", "mlflow/comments/delete", {"id": "1"}),
    "read permissions": ("GET", "permissions/registered-models/root", {}),
    "set permissions": (
        "PUT",
        "permissions/registered-models/root",
        {"access_control_list": []},
    ),
    "update permissions": (
        "PATCH",
        "permissions/registered-models/root",
        {"access_control_list": []},
    ),
    "levels": ("GET", "permissions/registered-models/root/permissionLevels", {}),
}
"""A call of each operation that would do."""
FIELDS = [(name, field) for name, call in CALLS.items() for field in call[2]]
OPTIONAL = {"comment", "access_control_list"}
CODES = {
    "BAD_REQUEST",
    "INVALID_PARAMETER_VALUE",
    "MALFORMED_REQUEST",
    "RESOURCE_DOES_NOT_EXIST",
}
WRONG: tuple[Any, ...] = (
    7.5,
    {"a": 1},
    [["a"]],
    True,
    10**400,
    "a\0b",
    "\ud800",
    "x" * 200_000,
    "Unexpected error",  # which makes a client try again
)


@pytest.fixture
def calls(
    settings: Any, manager: User, requester: User, candidate: ModelVersion
) -> Caller:
    """Somebody who may do nearly everything, where there is something to do it to."""
    settings.DEFAULT_POLICY = "open"
    make_transition_request(version=candidate, requested_by=requester)
    make_comment(version=candidate, author=manager)
    return caller(manager)


@pytest.mark.parametrize("name", CALLS)
def test_a_field_that_there_is_not_is_named(name: str, calls: Caller) -> None:
    method, path, given = CALLS[name]

    in_body = calls.send(method, path, **given, nmae=1)
    in_query = calls.send_raw(method, path, json.dumps(given), "nmae=1")

    assert refusal(in_body) == refusal(in_query) == (400, "INVALID_PARAMETER_VALUE")
    assert "There is no field `nmae`; known: " in message(in_body)


@pytest.mark.parametrize(
    ("name", "field"), [(n, f) for n, f in FIELDS if f not in OPTIONAL]
)
@pytest.mark.parametrize("how", ["left out", "null", "empty"])
def test_a_field_that_lacks_is_named(
    name: str, field: str, how: str, calls: Caller
) -> None:
    method, path, given = CALLS[name]
    rest = {key: value for key, value in given.items() if key != field}
    if how != "left out":
        rest[field] = None if how == "null" else ""

    answer = calls.send(method, path, **rest)

    status, code = refusal(answer)
    assert status in (400, 404)
    assert code in CODES
    if how != "empty":
        assert f"`{field}` is missing." in message(answer)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_wrong_value_is_refused(name: str, field: str, calls: Caller) -> None:
    method, path, given = CALLS[name]

    for value in WRONG:
        before = transaction.savepoint()  # some calls let nothing be open around them
        answer = calls.send(method, path, **{**given, field: value})
        transaction.savepoint_rollback(before)
        if answer.status_code == 200 or _needs_mlflow(answer):
            assert isinstance(value, str | bool)  # a text that will do, or a truth
            continue
        status, code = refusal(answer)
        assert status in (400, 404)
        assert code in CODES
        assert len(message(answer)) <= LONGEST_MESSAGE + 1
        assert "Unexpected error" not in message(answer)


def _needs_mlflow(answer: HttpResponse) -> bool:
    """Was all well but for the MLflow that these tests do without?"""
    return refusal(answer) == (400, "TEMPORARILY_UNAVAILABLE")


UNREADABLE = {
    "no JSON": b"{",
    "a form": b"name=churn",
    "nested 10,000 deep": b'{"name":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "an open end 10,000 deep": b"[" * 10_000,
    "Latin-1": '{"name": "chürn"}'.encode("latin-1"),
    "UTF-16": '{"name": "churn"}'.encode("utf-16"),
    "NaN": b'{"name": NaN}',
    "a list": b"[]",
    "a text": b'"churn"',
    "a number too long": b'{"name": ' + b"9" * 10_000 + b"}",
    "3 MB": b'{"name": "' + b"x" * 3_000_000 + b'"}',
}


@pytest.mark.parametrize("name", CALLS)
def test_a_body_that_cannot_be_read_is_a_bad_request(name: str, calls: Caller) -> None:
    method, path, _ = CALLS[name]

    found = {
        how: refusal(calls.send_raw(method, path, body))
        for how, body in UNREADABLE.items()
    }

    assert {status for status, _ in found.values()} == {400}
    assert {code for _, code in found.values()} <= CODES


@pytest.mark.parametrize("name", CALLS)
def test_a_query_in_no_encoding_is_refused(name: str, calls: Caller) -> None:
    method, path, _ = CALLS[name]

    twice = calls.send_raw(method, path, b"", "name=%FF&name=%00")
    odd = calls.send_raw(method, path, b"", f"name=%FF&{quote('💥')}=%00")

    for answer in (twice, odd):
        assert refusal(answer)[0] in (400, 404)


@pytest.mark.parametrize("name", CALLS)
def test_without_a_token_nothing_is_told(name: str, calls: Caller) -> None:
    method, path, given = CALLS[name]

    for headers in ({}, {"Authorization": "Bearer signoff_nonsense"}):
        stranger = Caller(Client(headers=headers), calls.prefix)
        answer = stranger.send(method, path, **given)
        assert refusal(answer) == (401, "UNAUTHENTICATED")


SCOPES = dict.fromkeys(CALLS, Scope.REQUEST) | {
    "get": Scope.READ,
    "list": Scope.READ,
    "approve": Scope.REVIEW,
    "reject": Scope.REVIEW,
    "read permissions": Scope.READ,
    "set permissions": Scope.ADMIN,
    "update permissions": Scope.ADMIN,
    "levels": Scope.READ,
}


@pytest.mark.parametrize("name", CALLS)
def test_a_token_needs_just_the_scope(name: str, manager: User, calls: Caller) -> None:
    method, path, given = CALLS[name]
    needed = SCOPES[name]

    def answer(*scopes: Scope) -> HttpResponse:
        _, secret = make_token(user=manager, scopes=scopes)
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        return Caller(client, calls.prefix).send(method, path, **given)

    without = answer(*(scope for scope in Scope if scope != needed))

    assert refusal(without) == (403, "PERMISSION_DENIED")
    assert f"lacks the scope `{needed}`" in message(without)
    assert answer(needed).status_code != 403
