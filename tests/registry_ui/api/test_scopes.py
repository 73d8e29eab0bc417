"""What a token is good for: every operation asks, and says what is missing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from registry_ui.api.authentication import refuse_unscoped
from registry_ui.api.v1 import api
from registry_ui.models import ApiToken, Level, ModelVersion, Scope, TransitionRequest
from tests.factories import make_transition_request, make_user
from tests.registry_ui.api.conftest import caller

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PUBLIC = {"api-root", "openapi-json", "api_docs", "databricks_config"}
"""The addresses that anybody may read, if they answer at all."""


def _addresses(resolver: URLResolver, route: str = "/") -> Iterator[tuple[str, str]]:
    """Yield name and path of each address below `/api/`, its parts filled in."""
    for part in resolver.url_patterns:
        here = route + str(part.pattern).removeprefix("^").removesuffix("$")
        if isinstance(part, URLResolver):
            yield from _addresses(part, here)
        elif isinstance(part, URLPattern) and here.startswith("/api/"):
            yield str(part.name), re.sub("<[^>]+>", "1", here)


ADDRESSES = [path for name, path in _addresses(get_resolver()) if name not in PUBLIC]


def _call(client: Client, method: str, path: str) -> tuple[int, Any]:
    answer = client.generic(method, path, "{}", "application/json")
    return answer.status_code, answer.json() if answer.content else {}


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_operation_lets_a_token_without_scopes_through(
    requester: User, path: str
) -> None:
    client = caller(requester)
    ApiToken.objects.update(scopes=[])

    answers = {method: _call(client, method, path) for method in METHODS}

    del answers["HEAD"]  # says nothing
    refused = [said for status, said in answers.values() if status == 403]
    assert refused, f"nothing at {path} asks for a scope: {answers}"
    for said in refused:
        assert said["error_code"] == "PERMISSION_DENIED"
        assert "lacks the scope" in said["message"]
    assert {status for status, _ in answers.values()} <= {403, 404}


def test_every_operation_of_ours_states_its_scope() -> None:
    for path, item in api.get_openapi_schema()["paths"].items():
        for method, operation in item.items():
            assert operation.get("x-scope") in Scope.values, (method, path)


def test_an_operation_without_a_scope_lets_nobody_through() -> None:
    with pytest.raises(ImproperlyConfigured, match="needs"):
        refuse_unscoped(RequestFactory().get("/"))


def test_the_refusal_names_token_scope_and_remedy(
    requester: User, candidate: ModelVersion
) -> None:
    client = caller(requester, [Scope.READ, Scope.CHECK])

    status, said = _call(client, "POST", "/api/v1/requests")

    token = ApiToken.objects.get()
    assert status == 403
    assert said["message"] == (
        f"The token 'ci' ({token.prefix}…) lacks the scope `request`, which this call"
        " needs; it has read, check. Make a token with that scope on your account"
        " page, or with `manage.py api_token rita --scope request`."
    )
    assert not TransitionRequest.objects.exists()


def test_a_scope_opens_its_own_calls_and_no_others(
    reviewer: User, candidate: ModelVersion
) -> None:
    ask = make_transition_request(version=candidate)
    one = f"/api/v1/requests/{ask.number}"
    rejection = {"decision": "reject", "comment": "Recall fell."}

    def review(scope: Scope) -> int:
        client = caller(reviewer, [scope])
        return client.post(
            f"{one}/reviews", rejection, content_type="application/json"
        ).status_code

    assert review(Scope.REQUEST) == 403
    assert review(Scope.ADMIN) == 403
    assert caller(reviewer, [Scope.REVIEW]).get(one).status_code == 403
    assert review(Scope.REVIEW) == 201


def test_webhooks_are_read_with_one_scope_and_changed_with_another() -> None:
    admin = make_user(is_superuser=True)
    webhooks = "/api/2.0/mlflow/registry-webhooks"

    reading = caller(admin, [Scope.READ])
    changing = caller(admin, [Scope.ADMIN])

    assert _call(reading, "GET", f"{webhooks}/list")[0] == 200
    assert _call(reading, "POST", f"{webhooks}/create")[0] == 403
    assert _call(changing, "GET", f"{webhooks}/list")[0] == 403
    assert _call(changing, "POST", f"{webhooks}/create")[0] == 400


def test_breaking_the_glass_needs_the_scope_of_changes(candidate: ModelVersion) -> None:
    manager = make_user(level=Level.CAN_MANAGE)
    body = {
        "model": candidate.model.name,
        "version": candidate.number,
        "stage": "Production",
        "comment": "The one in Production fails.",
        "break_glass": True,
    }

    def break_glass(*scopes: Scope) -> int:
        client = caller(manager, scopes)
        return client.post(
            "/api/v1/requests", body, content_type="application/json"
        ).status_code

    assert break_glass(Scope.REQUEST) == 403
    assert break_glass(Scope.REQUEST, Scope.ADMIN) == 201


def test_a_scope_gives_nothing_that_the_owner_may_not(candidate: ModelVersion) -> None:
    stranger = caller(make_user())

    path = f"/api/v1/models/{candidate.model.name}/versions/{candidate.number}/checks"

    assert _call(stranger, "GET", path)[0] == 404
