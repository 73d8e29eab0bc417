"""One form of error below `/api/`, whoever raises it."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory

from registry_ui.api.errors import answer_errors_in_json
from tests.registry_ui.api.conftest import caller


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/nothing"),
        ("GET", "/api/v1/"),
        ("GET", "/api/2.0/nothing"),
        ("PATCH", "/api/v1/requests"),
        ("POST", "/api/v1/openapi.json/x"),
    ],
)
def test_unknown_paths_and_methods_are_endpoints_not_found(
    db: None, method: str, path: str
) -> None:
    answer = Client().generic(method, path)

    assert answer.status_code == 404
    assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
    assert f"{method} {path}" in answer.json()["message"]


@pytest.mark.parametrize("body", ["{", "\xff", "[" * 100_000])
def test_a_body_that_is_not_json_is_malformed(requester: User, body: str) -> None:
    answer = caller(requester).generic(
        "POST", "/api/v1/requests", body.encode("latin-1"), "application/json"
    )

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "MALFORMED_REQUEST"


@pytest.mark.parametrize("body", ["", "[]", "3", '"text"', "null"])
def test_a_body_that_is_no_object_is_refused(requester: User, body: str) -> None:
    answer = caller(requester).generic(
        "POST", "/api/v1/requests", body, "application/json"
    )

    assert answer.status_code == 400
    assert answer.json() == {
        "error_code": "INVALID_PARAMETER_VALUE",
        "message": "Send a JSON object as body.",
    }


def test_a_body_beyond_the_limit_is_refused(requester: User) -> None:
    body = '{"comment": "' + "x" * 3_000_000 + '"}'

    answer = caller(requester).generic(
        "POST", "/api/v1/requests", body, "application/json"
    )

    assert answer.status_code == 400
    assert answer.json()["message"] == "The body is too large."


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "MALFORMED_REQUEST"),
        (403, "PERMISSION_DENIED"),
        (404, "ENDPOINT_NOT_FOUND"),
        (405, "ENDPOINT_NOT_FOUND"),
        (500, "INTERNAL_ERROR"),
        (503, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_pages_for_errors_become_json_below_api(status: int, code: str) -> None:
    def page(_: HttpRequest) -> HttpResponse:
        return HttpResponse("<h1>No</h1>", status=status)

    answer = answer_errors_in_json(page)(RequestFactory().get("/api/2.0/x"))

    assert isinstance(answer, JsonResponse)
    assert f'"error_code": "{code}"' in answer.content.decode()


def test_pages_for_people_and_json_of_others_stay_as_they_are() -> None:
    page = HttpResponse("<h1>No</h1>", status=404)
    own = JsonResponse({"error_code": "X", "message": "Y"}, status=404)

    assert answer_errors_in_json(lambda _: page)(RequestFactory().get("/x/")) is page
    assert answer_errors_in_json(lambda _: own)(RequestFactory().get("/api/x")) is own
