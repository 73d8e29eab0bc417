"""Placeholders of queries on SQLite."""

from typing import Any

import pytest
from django.db import connection

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
