"""Placeholders of queries on SQLite."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_ui.models.prepared import run_planned

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has them"),
]


def answer(sql: str, parameters: Any) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: tuple[object, ...] = cursor.fetchone()
        return found


def test_a_text_answers_for_each_value() -> None:
    for value in ("a", "%s", "?", "it's"):
        assert answer("SELECT %s || '%%', '?'", [value]) == (f"{value}%", "?")


def test_values_may_have_names() -> None:
    for value in (1, 2):
        assert answer("SELECT %(b)s, %(a)s", {"a": value, "b": 0}) == (0, value)


def test_many_may_be_stored_at_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE pairs (a, b)")
        cursor.executemany("INSERT INTO pairs VALUES (%s, %s)", [(1, 2), (3, 4)])
    assert answer("SELECT sum(a), sum(b) FROM pairs", []) == (4, 6)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_made_anew_keeps_a_cursor_of_its_own() -> None:
    for _ in range(2):
        kept = run_planned("SELECT 1 UNION SELECT 2")
        assert answer("SELECT %s", [3]) == (3,)
        assert kept.fetchall() == [(1,), (2,)]
        assert run_planned("SELECT 4").cursor is kept.cursor
        connection.close()


def test_what_a_kept_cursor_is_asked_is_told_to_who_listens() -> None:
    with CaptureQueriesContext(connection) as queries:
        run_planned("SELECT %s", ["a"])

    assert [query["sql"] for query in queries] == ["SELECT 'a'"]
