"""Statements that PostgreSQL keeps."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import cast

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test.utils import CaptureQueriesContext

from config.postgresql.base import DatabaseWrapper
from registry_ui.models import RegisteredModel
from registry_ui.models.prepared import PreparedLookup

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only it keeps any"),
]
KEY = re.compile(rb"K\0\0\0\x0c.{4}", re.DOTALL)
"""With which the server says what process it is: type, length, number."""
STATEMENT = "SELECT %s::int + 1"


@pytest.fixture
def fresh() -> Iterator[DatabaseWrapper]:
    """Return a connection of its own, that has asked nothing."""
    copied = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS].copy())
    yield copied
    copied.close()


def ask(database: DatabaseWrapper, value: int) -> int:
    cursor = database.planned_cursor(STATEMENT)
    cursor.execute(STATEMENT, [value])
    ((found,),) = cursor.fetchall()
    return int(found)


def kept(database: DatabaseWrapper) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_what_is_asked_again_is_kept_and_answers_for_each_value(
    fresh: DatabaseWrapper,
) -> None:
    assert [ask(fresh, value) for value in (1, 2, 3)] == [2, 3, 4]

    assert kept(fresh) == ["SELECT $1::int + 1"]


def test_each_statement_has_a_cursor_that_remembers_only_that(
    fresh: DatabaseWrapper,
) -> None:
    one, other = (fresh.planned_cursor(text) for text in (STATEMENT, "SELECT 7"))
    one.execute(STATEMENT, [1])
    other.execute("SELECT 7")

    assert fresh.planned_cursor(STATEMENT).cursor is one.cursor
    assert (one.fetchall(), other.fetchall()) == ([(2,)], [(7,)])


def test_a_server_that_went_away_meanwhile_is_asked_anew(
    fresh: DatabaseWrapper,
) -> None:
    fresh.settings_dict["CONN_MAX_AGE"] = 60  # as where it is not tested
    ask(fresh, 1)
    server = fresh.connection.info.backend_pid
    end(server)

    fresh.close_if_unusable_or_obsolete()  # as each new request does

    assert ask(fresh, 2) == 3
    assert fresh.connection.info.backend_pid != server


def test_a_server_that_is_there_is_not_asked_whether_it_is(
    fresh: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(fresh, 1)
    monkeypatch.setattr(fresh.connection, "cursor", pytest.fail)

    assert fresh.is_usable()


def end(server: int) -> None:
    """Let a process of the server end, and wait until it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [server])


def test_what_is_kept_is_told_to_who_listens() -> None:
    database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    for value in range(3):
        with CaptureQueriesContext(connection) as queries:
            ask(database, value)
        assert "::int + 1" in queries[0]["sql"]


def test_behind_a_pooler_nothing_is_kept(fresh: DatabaseWrapper) -> None:
    to = (fresh.settings_dict["HOST"], int(fresh.settings_dict["PORT"] or 5432))
    with socket.create_server(("127.0.0.1", 0)) as door:
        Thread(target=pool, args=(door, to), daemon=True).start()
        fresh.settings_dict |= {"HOST": "127.0.0.1", "PORT": door.getsockname()[1]}
        fresh.settings_dict["OPTIONS"] = {"sslmode": "disable"}  # it reads along

        assert [ask(fresh, value) for value in (1, 2, 3)] == [2, 3, 4]
        assert kept(fresh) == []
        fresh.close()


def pool(door: socket.socket, to: tuple[str, int]) -> None:
    """Stand between a client and the server as poolers do, with keys of one's own."""
    client, _ = door.accept()
    with client, socket.create_connection(to) as server:
        Thread(target=hand_on, args=(client, server), daemon=True).start()
        hand_on(server, client, lambda said: KEY.sub(b"K\0\0\0\x0cpool", said))


def hand_on(
    source: socket.socket,
    sink: socket.socket,
    change: Callable[[bytes], bytes] = lambda said: said,
) -> None:
    """Send on what comes, until nothing more does or nobody takes it."""
    with suppress(OSError):
        while said := source.recv(65536):
            sink.sendall(change(said))
        sink.shutdown(socket.SHUT_WR)


def test_what_is_prepared_here_is_kept_there() -> None:
    found = PreparedLookup(
        lambda pk: RegisteredModel.objects.filter(pk=pk).values_list("pk"), int
    )

    for _ in range(3):
        found(1)

    usual = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    assert any("registeredmodel" in statement for statement in kept(usual))
