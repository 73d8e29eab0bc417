"""The databases that the bench makes for itself, by name."""

import shutil
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql


class Databases(Protocol):
    """Makes databases on one kind of server."""

    def url(self, name: str) -> str:
        """Return the URL of a database, as `DATABASE_URL` takes it."""

    def create(self, name: str, *, template: str = "") -> str:
        """Make a database anew, empty or as a copy of another one; return its URL."""

    def close(self) -> None:
        """Drop what was made, where it would stay on somebody's server."""


class SQLiteFiles:
    """SQLite databases as files of one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def url(self, name: str) -> str:
        """Return the URL of a file."""
        return f"sqlite:///{self._path(name)}"

    def create(self, name: str, *, template: str = "") -> str:
        """Remove the file with its log; copy the template, which nobody has open."""
        path = self._path(name)
        for old in self._folder.glob(f"{path.name}*"):
            old.unlink()
        if template:
            shutil.copyfile(self._path(template), path)
        return self.url(name)

    def close(self) -> None:
        """Leave the files: they are in the bench's own folder."""

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"


class PostgreSQLServer:
    """Databases on a PostgreSQL server, their names beginning with `signoff_bench_`."""

    def __init__(self, url: str) -> None:
        """Remember the server by the URL of any of its databases."""
        self._url = url
        self._made: set[str] = set()

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"{self._url.rpartition('/')[0]}/{_full(name)}"

    def create(self, name: str, *, template: str = "") -> str:
        """Drop the database if it exists; make it as a copy of the template."""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(_full(name)),
            sql.Identifier(_full(template) if template else "template1"),
        )
        self._run(_drop(name), create)
        self._made.add(name)
        return self.url(name)

    def close(self) -> None:
        """Drop all that was made."""
        self._run(*map(_drop, self._made))

    def _run(self, *statements: sql.Composed) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def _full(name: str) -> str:
    return f"signoff_bench_{name}"


def _drop(name: str) -> sql.Composed:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    return drop.format(sql.Identifier(_full(name)))
