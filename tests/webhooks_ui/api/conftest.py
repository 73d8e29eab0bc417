"""Callers of the dialect, and how they call."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from registry_ui.models import Level, RegisteredModel
from tests.factories import make_model, make_token, make_user

PREFIXES = {"plain": "/api/2.0/mlflow", "preview": "/api/2.0/preview/mlflow"}
METHODS = {
    "create": "POST",
    "list": "GET",
    "update": "PATCH",
    "delete": "DELETE",
    "test": "POST",
}


@dataclass
class Caller:
    """Somebody with a token, below one prefix."""

    client: Client
    prefix: str

    def send(self, verb: str, **given: Any) -> HttpResponse:
        """Call with a JSON body."""
        path = f"{self.prefix}/registry-webhooks/{verb}"
        answer: Any = self.client.generic(
            METHODS[verb], path, _json(given), "application/json"
        )
        return answer  # type: ignore[no-any-return] # the test client's own subclass

    def query(self, verb: str, query: str) -> HttpResponse:
        """Call with a query and no body."""
        path = f"{self.prefix}/registry-webhooks/{verb}?{query}"
        answer: Any = self.client.generic(METHODS[verb], path)
        return answer  # type: ignore[no-any-return] # the test client's own subclass

    def call(self, verb: str, **given: Any) -> dict[str, Any]:
        """Call with a JSON body; it shall succeed as every client wants it."""
        answer: Any = self.send(verb, **given)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found


def _json(given: dict[str, Any]) -> str:
    return json.dumps(given)


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    """Each of the two, since both answer alike."""
    return PREFIXES[request.param]


@pytest.fixture
def by(prefix: str) -> Callable[[User], Caller]:
    """Somebody's calls below the prefix."""
    return lambda user: caller(user, prefix)


def caller(user: User, prefix: str = PREFIXES["plain"]) -> Caller:
    """Return the user's way to call below a prefix."""
    _, secret = make_token(user=user)
    return Caller(Client(headers={"Authorization": f"Bearer {secret}"}), prefix)


@pytest.fixture
def churn(db: None) -> RegisteredModel:
    return make_model(name="churn")


@pytest.fixture
def admin(db: None) -> User:
    return make_user(username="ada", is_superuser=True)


@pytest.fixture
def manager(db: None) -> User:
    return make_user(username="mia", level=Level.CAN_MANAGE)
