"""How tests read pages."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry_ui.models import TransitionRequest

HTMX = {"HX-Request": "true"}


def browser(user: User) -> Client:
    """Return a browser in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client


def text(
    client: Client,
    url: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Return a page, after a look at its status."""
    response = client.get(url, headers=headers)
    assert response.status_code == status
    return response.content.decode()


def query_count(client: Client, url: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def shown(user: User, **query: str) -> list[TransitionRequest]:
    """Return the requests in one of the inbox's lists, in its order."""
    response = browser(user).get("/requests/", query)
    assert response.status_code == 200
    return [row.ask for row in response.context["rows"]]
