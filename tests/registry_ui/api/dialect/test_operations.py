"""From a function to an address: who calls, what is answered, what is refused how."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from registry_ui.api.dialect.operations import Answer, Call, Operation, addresses
from registry_ui.api.dialect.parameters import Parameters
from registry_ui.api.dialect.retries import LONGEST_MESSAGE, unretried
from registry_ui.errors import (
    ActionError,
    AlreadyExistsError,
    LimitExceededError,
    StaleReviewError,
)
from registry_ui.models import RegisteredModel, Scope
from tests.factories import make_token

NAMED_BY_CLIENTS = {
    "BAD_REQUEST",
    "CUSTOMER_UNAUTHORIZED",
    "ENDPOINT_NOT_FOUND",
    "INVALID_PARAMETER_VALUE",
    "MALFORMED_REQUEST",
    "PERMISSION_DENIED",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
}
"""Those of our codes that databricks-registry-webhooks knows; any other crashes it."""


class Named(Parameters):
    name: str = ""


def who(call: Call[Named]) -> Answer:
    return {"user": call.user.get_username(), "name": call.given.name}


def ask(
    user: User | None,
    run: Any = who,
    *,
    method: str = "POST",
    body: str = "",
    path: str = "/api/2.0/mlflow/registry-webhooks/x",
) -> HttpResponse:
    """Call the one address of an operation."""
    (pattern,) = addresses(
        Operation("POST", "registry-webhooks/x", Named, run, Scope.READ)
    )
    headers = {}
    if user:
        headers["Authorization"] = f"Bearer {make_token(user=user)[1]}"
    request = RequestFactory().generic(method, path, body, headers=headers)
    request.user = user or AnonymousUser()
    response: HttpResponse = pattern.callback(request)
    return response


def raising(error: Exception) -> Any:
    def run(_: Call[Named]) -> Answer:
        raise error

    return run


def test_success_is_200_with_a_json_object(requester: User) -> None:
    answer = ask(requester, body='{"name": "x"}')

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content) == {"user": "rita", "name": "x"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ActionError("No."), 400, "INVALID_PARAMETER_VALUE"),
        (AlreadyExistsError("No."), 400, "RESOURCE_ALREADY_EXISTS"),
        (StaleReviewError("No."), 400, "BAD_REQUEST"),
        (
            LimitExceededError("No.", timedelta(seconds=3)),
            400,
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (PermissionDenied(), 403, "PERMISSION_DENIED"),
        (PermissionDenied("No."), 403, "PERMISSION_DENIED"),
        (Http404("No."), 404, "RESOURCE_DOES_NOT_EXIST"),
        (RegisteredModel.DoesNotExist(), 404, "RESOURCE_DOES_NOT_EXIST"),
        (SuspiciousOperation("secret"), 400, "MALFORMED_REQUEST"),
    ],
)
def test_errors_have_codes_that_every_client_knows(
    requester: User, error: Exception, status: int, code: str
) -> None:
    answer = ask(requester, raising(error))

    content = json.loads(answer.content)
    assert (answer.status_code, content["error_code"]) == (status, code)
    assert content.keys() == {"error_code", "message"}
    assert code in NAMED_BY_CLIENTS
    assert content["message"].endswith(".")
    assert "secret" not in content["message"]


def test_a_call_without_a_token_is_unauthorized(db: None) -> None:
    answer = ask(None)

    assert answer.status_code == 401
    assert json.loads(answer.content)["error_code"] == "CUSTOMER_UNAUTHORIZED"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_method_that_is_not_there_is_an_endpoint_not_found(
    requester: User, method: str
) -> None:
    answer = ask(requester, method=method)

    assert answer.status_code == 404
    assert json.loads(answer.content)["error_code"] == "ENDPOINT_NOT_FOUND"


@pytest.mark.parametrize("body", ["{", "[" * 10_000, "x" * 3_000_000])
def test_a_body_that_cannot_be_read_is_a_bad_request(
    requester: User, body: str
) -> None:
    answer = ask(requester, body=body)

    assert answer.status_code == 400
    assert json.loads(answer.content)["error_code"] in NAMED_BY_CLIENTS


def test_one_path_answers_several_methods(requester: User) -> None:
    (pattern,) = addresses(
        Operation("GET", "a/b", Named, lambda _: {"from": "get"}, Scope.READ),
        Operation("DELETE", "a/b", Named, lambda _: {"from": "delete"}, Scope.READ),
    )
    token = make_token(user=requester)[1]
    found = [
        pattern.callback(
            RequestFactory().generic(
                method, "/x", headers={"Authorization": f"Bearer {token}"}
            )
        )
        for method in ("GET", "DELETE")
    ]

    assert pattern.name == "a_b"
    assert [json.loads(answer.content)["from"] for answer in found] == ["get", "delete"]


@pytest.mark.parametrize(
    "phrase",
    [
        "Unexpected error",
        "Please try again later or try a faster operation.",
        "does not have any associated worker environments",
        "ClusterNotReadyException",
    ],
)
def test_no_message_makes_a_client_try_again(requester: User, phrase: str) -> None:
    errors = [
        ask(requester, raising(ActionError(f"There is no model {phrase!r}."))),
        ask(requester, method="PUT", path=f"/api/2.0/{phrase}"),
    ]

    for answer in errors:
        message = json.loads(answer.content)["message"]
        assert phrase not in message
        assert phrase.lower() in message.lower()


def test_a_message_repeats_no_megabytes() -> None:
    assert len(unretried("x" * 1_000_000)) == LONGEST_MESSAGE + 1
    assert unretried("x" * LONGEST_MESSAGE) == "x" * LONGEST_MESSAGE
