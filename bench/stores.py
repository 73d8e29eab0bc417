"""MLflow's SQL stores, filled with a made-up registry by bulk SQL."""

import hashlib
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql

import bench.registry
from bench.registry import COLUMNS, Rows, Shape, registry

_MAKE_SCHEMA = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore(sys.argv[1], "mlflow-artifacts:/")
"""
_ROWS_AT_ONCE = 200_000


def sqlite_store(folder: Path, shape: Shape) -> str:
    """Return the URI of a filled SQLite store; made once, then found again."""
    path = folder / f"mlflow-{_digest(shape)}.db"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        _make_schema(f"sqlite:///{unfinished}")
        with closing(sqlite3.connect(unfinished)) as connection:
            # A store that is cut off is thrown away: no need for a journal.
            connection.execute("PRAGMA journal_mode=OFF")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA cache_size=-1000000")
            for chunk in _chunks(registry(shape)):
                insert(connection, chunk)
            connection.commit()
        unfinished.rename(path)
    return f"sqlite:///{path}"


def postgresql_store(url: str, shape: Shape) -> str:
    """Fill an empty database; return MLflow's URI of it."""
    uri = f"postgresql+psycopg://{url.partition('://')[2]}"
    _make_schema(uri)
    with psycopg.connect(url) as connection:
        for chunk in _chunks(registry(shape)):
            _copy(connection, chunk)
    with psycopg.connect(url, autocommit=True) as connection:
        # What autovacuum would do soon; SQLite has no such thing.
        connection.execute("ANALYZE")
    return uri


def _digest(shape: Shape) -> str:
    """Name a store after all that it depends on."""
    source = Path(bench.registry.__file__).read_bytes() + Path(__file__).read_bytes()
    digest = hashlib.sha256(source).hexdigest()[:8]
    return f"{shape.models}-{shape.versions}-{shape.seed}-{digest}"


def _make_schema(uri: str) -> None:
    """Let MLflow make its tables, whatever its release wants; it has much to load."""
    command = [sys.executable, "-W", "ignore", "-c", _MAKE_SCHEMA, uri]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise RuntimeError(f"MLflow made no tables:\n{made.stderr[-3000:]}")


def _chunks(rows: Iterable[Rows]) -> Iterator[Rows]:
    """Gather the rows of several models, parents before children."""
    chunk: Rows = defaultdict(list)
    size = 0
    for part in rows:
        for table, new in part.items():
            chunk[table] += new
            size += len(new)
        if size >= _ROWS_AT_ONCE:
            yield _in_order(chunk)
            chunk, size = defaultdict(list), 0
    yield _in_order(chunk)


def _in_order(chunk: Rows) -> Rows:
    return {table: chunk[table] for table in COLUMNS if table in chunk}


def insert(connection: sqlite3.Connection, rows_by_table: Rows) -> None:
    """Write rows into the tables of MLflow's SQLite store; does not commit."""
    for table, rows in rows_by_table.items():
        columns = COLUMNS[table].split()
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - ours
        connection.executemany(statement, rows)


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", chunk: Rows) -> None:
    for table, rows in chunk.items():
        columns = map(sql.Identifier, COLUMNS[table].split())
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(columns)
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
