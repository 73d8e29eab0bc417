"""Statements that PostgreSQL keeps."""

from collections.abc import Iterator
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
STATEMENT = "SELECT %s::int + 1"


@pytest.fixture
def fresh() -> Iterator[DatabaseWrapper]:
    """Return a connection of its own, that has asked nothing."""
    copied = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS].copy())
    yield copied
    copied.close()


def ask(database: DatabaseWrapper, value: int) -> int:
    with database.planned_cursor() as cursor:
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


def test_what_is_kept_is_told_to_who_listens() -> None:
    database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    for value in range(3):
        with CaptureQueriesContext(connection) as queries:
            ask(database, value)
        assert "::int + 1" in queries[0]["sql"]


def test_without_server_side_cursors_nothing_is_kept(fresh: DatabaseWrapper) -> None:
    fresh.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True

    assert [ask(fresh, value) for value in (1, 2, 3)] == [2, 3, 4]

    assert kept(fresh) == []


def test_what_is_prepared_here_is_kept_there() -> None:
    found = PreparedLookup(
        lambda pk: RegisteredModel.objects.filter(pk=pk).values_list("pk"), int
    )

    for _ in range(3):
        found(1)

    usual = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    assert any("registeredmodel" in statement for statement in kept(usual))
