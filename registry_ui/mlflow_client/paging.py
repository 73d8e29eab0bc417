"""Lists that MLflow answers in pages."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from registry_ui.mlflow_client.answers import JsonObject, understood
from registry_ui.mlflow_client.connection import Connection
from registry_ui.mlflow_client.errors import MLflowUnavailable

Entity = TypeVar("Entity")


def pages(
    connection: Connection, path: str, params: JsonObject, *, by_post: bool = False
) -> Iterator[JsonObject]:
    """Yield the answers until one names no next page."""
    ask = connection.search if by_post else connection.get
    token = ""
    while True:
        page = ask(path, params | ({"page_token": token} if token else {}))
        yield page
        next_token = page.get("next_page_token") or ""
        if not next_token:
            return
        if next_token == token:
            raise MLflowUnavailable("MLflow's pages do not end.")
        token = next_token


def all_of(
    parse: Callable[[JsonObject], Entity], page: JsonObject, key: str
) -> list[Entity]:
    """Return what the page lists under `key`, parsed."""
    return understood(lambda it: [parse(item) for item in it.get(key, ())], page)
