"""Lists that MLflow answers in pages."""

import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from registry_ui.mlflow_client.answers import JsonObject, understood
from registry_ui.mlflow_client.connection import Connection
from registry_ui.mlflow_client.entities import NAME_LENGTH, ModelInfo, VersionInfo
from registry_ui.mlflow_client.errors import MLflowUnavailable

logger = logging.getLogger(__name__)

_SHOWN_OF_NAME = 60  # characters

Entity = TypeVar("Entity")
Named = TypeVar("Named", ModelInfo, VersionInfo)


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


def fitting(
    parse: Callable[[JsonObject], Named], page: JsonObject, key: str
) -> list[Named]:
    """Return what the page lists, without what bears a name that nobody else takes.

    MLflow checks no length, and SQLite does not either: where MLflow stores into it, a
    name may be longer than the column that is declared for it.
    """
    found = all_of(parse, page, key)
    fit = [item for item in found if len(item.name) <= NAME_LENGTH]
    for item in found:
        if len(item.name) > NAME_LENGTH:
            _warn_of(key, item.name)
    return fit


@lru_cache(maxsize=1024)
def _warn_of(key: str, name: str) -> None:
    """Say once what is left out: it is read again at each sync."""
    logger.warning(
        "left out of %s what has a name of more than %d characters: %s…",
        key,
        NAME_LENGTH,
        name[:_SHOWN_OF_NAME],
    )
