"""PostgreSQL databases that the bench makes for itself and drops again."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql


@contextmanager
def postgresql_database(server: str, name: str) -> Iterator[str]:
    """Make an empty database, yield its URL, drop it."""
    try:
        yield create_database(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(_drop(name))


def create_database(server: str, name: str, *, template: str = "template1") -> str:
    """Make a database and return its URL.

    Args:
        server: URL of any database of the server.
        name: of the new one; one of that name is dropped first.
        template: what it begins as a copy of; nobody may be connected to that.
    """
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(_drop(name))
        connection.execute(create)
    return f"{server.rpartition('/')[0]}/{name}"


def _drop(name: str) -> sql.Composed:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    return drop.format(sql.Identifier(name))
