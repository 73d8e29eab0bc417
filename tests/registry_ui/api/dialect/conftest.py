"""Callers of the dialect: how they call, and what levels they hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from registry_ui.models import Level
from tests.factories import make_token, make_user

PREFIXES = {"plain": "/api/2.0", "preview": "/api/2.0/preview"}
REQUESTS = "mlflow/transition-requests"
TRANSITION = "mlflow/databricks/model-versions/transition-stage"


@dataclass
class Caller:
    """Somebody with a token, below one prefix."""

    client: Client
    prefix: str

    def send(self, method: str, path: str, **given: Any) -> HttpResponse:
        """Call with a JSON body."""
        return self.send_raw(method, path, json.dumps(given))

    def send_raw(
        self, method: str, path: str, body: str | bytes, query: str = ""
    ) -> HttpResponse:
        """Call with whatever body and query."""
        where = f"{self.prefix}/{path}{query and '?'}{query}"
        answer: Any = self.client.generic(method, where, body, "application/json")
        return answer  # type: ignore[no-any-return] # the test client's own subclass

    def query(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Call with a query, as databricks-sdk does; it shall succeed."""
        return succeeded(self.send_raw(method, path, b"", urlencode(given)))

    def call(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Call with a JSON body; it shall succeed."""
        return succeeded(self.send(method, path, **given))


By = Callable[[User], Caller]


def succeeded(answer: Any) -> dict[str, Any]:
    """Return the object of an answer that every client takes for a success."""
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def refusal(answer: Any) -> tuple[int, str]:
    """Return status and code of an error, which has the one form of all."""
    content = answer.json()
    assert content.keys() == {"error_code", "message"}
    return answer.status_code, content["error_code"]


def message(answer: Any) -> str:
    """Return what an error says."""
    text: str = answer.json()["message"]
    return text


@pytest.fixture(params=PREFIXES)
def by(request: pytest.FixtureRequest) -> By:
    """Somebody's calls below each of the prefixes, since both answer alike."""
    return lambda user: caller(user, PREFIXES[request.param])


def caller(user: User, prefix: str = PREFIXES["plain"]) -> Caller:
    """Return the user's way to call below a prefix."""
    _, secret = make_token(user=user)
    return Caller(Client(headers={"Authorization": f"Bearer {secret}"}), prefix)


@pytest.fixture
def reader(db: None) -> User:
    return make_user(username="rosa", full_name="Rosa Reads", level=Level.CAN_READ)


@pytest.fixture
def staging_manager(db: None) -> User:
    return make_user(username="sam", level=Level.CAN_MANAGE_STAGING_VERSIONS)


@pytest.fixture
def manager(db: None) -> User:
    return make_user(username="mia", level=Level.CAN_MANAGE)


@pytest.fixture
def stranger(db: None) -> User:
    return make_user(username="stan")
