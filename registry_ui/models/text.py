"""How names and metrics are ordered and compared, the same on both databases."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, F, FloatField, Func, Q, Value
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    _Sql = tuple[str, list[Any] | tuple[Any, ...]]

_METRIC_NAME = re.compile(r"[/\w.\- :]+")
"""Source: `_VALID_PARAM_AND_METRIC_NAMES` of MLflow's validation."""

_LARGEST = sys.float_info.max

_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class NameOrder(Lower):
    """Names as people look them up: ASCII letters in any case, the rest by code point.

    SQLite knows the case of no other letters, and PostgreSQL's own collations differ
    from server to server; `CodePoints` decides between names that this makes equal.
    """

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        """Lower what the C collation knows: the ASCII letters."""
        template = '%(function)s(%(expressions)s COLLATE "C")'
        return super().as_sql(compiler, connection, template=template, **context)

    @staticmethod
    def of(name: str) -> str:
        """Return what the database computes of a name."""
        return name.translate(_ASCII_LOWER)


class CodePoints(Func):
    """Text ordered by code point."""

    template = "%(expressions)s"
    output_field = CharField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        """Leave the database's own collation out of it."""
        template = '(%(expressions)s) COLLATE "C"'
        return super().as_sql(compiler, connection, template=template, **context)


class Head(Func):
    """The beginning of a text that is too long for an index to hold: 64 characters."""

    LENGTH = 64

    # Not `Left`: SQLite uses an index for the very expression alone, not for one whose
    # numbers are parameters.
    template = f"SUBSTR(%(expressions)s, 1, {LENGTH})"
    output_field = CharField()

    @classmethod
    def of(cls, text: str) -> str:
        """Return what the database computes of a text."""
        return text[: cls.LENGTH]


class MetricValue(Func):
    """A metric of a version; NULL where it has none or is NaN.

    Infinities are the largest numbers that are none, so that a NULL can be placed
    beyond all values, at whichever end of an order.

    Raises:
        ValueError: no metric of MLflow can have that name.
    """

    output_field = FloatField()

    def __init__(self, name: str, **extra: Any) -> None:
        """Read the metric of that name from a version's evidence."""
        if not self.can_read(name):
            raise ValueError(f"No metric can be called {name!r}.")
        super().__init__(F("evidence__metrics"), Value(name), **extra)

    @staticmethod
    def can_read(name: str) -> bool:
        """Can there be such a metric? Paths into JSON have no escape for the others."""
        return _METRIC_NAME.fullmatch(name) is not None

    @staticmethod
    def shown(value: float | None) -> float | None:
        """Return a value that was read with its infinities."""
        if value is None or abs(value) < _LARGEST:
            return value
        return math.copysign(math.inf, value)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Read by a path, whose quotes keep a name such as `0` a name."""
        metrics, name = self.get_source_expressions()
        column, params = compiler.compile(metrics)
        read = f"JSON_EXTRACT({column}, %s)"
        return self._as_number(read, "REAL", (*params, f'$."{name.value}"'))

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_context: Any
    ) -> _Sql:
        """Read as text, which keeps a name such as `0` a name too."""
        metrics, name = self.get_source_expressions()
        column, params = compiler.compile(metrics)
        read = f"({column} ->> %s::text)"
        return self._as_number(read, "double precision", (*params, name.value))

    @staticmethod
    def _as_number(
        read: str, kind: str, params: tuple[Any, ...]
    ) -> tuple[str, tuple[Any, ...]]:
        sql = (
            f"(CASE {read} WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN {_LARGEST!r}"
            f" WHEN '-Infinity' THEN -{_LARGEST!r} ELSE CAST({read} AS {kind}) END)"
        )
        return sql, params * 2


def contains(field: str, text: str) -> Q:
    """Match a part of a text in any case; no character in it is special."""
    return _matches(field, text, "icontains", re.escape(text))


def starts_with(field: str, text: str) -> Q:
    """Match the beginning of a text in any case; no character in it is special."""
    return _matches(field, text, "istartswith", rf"\A{re.escape(text)}")


def equals(field: str, text: str) -> Q:
    """Match a whole text in any case; no character in it is special."""
    return _matches(field, text, "iexact", rf"\A{re.escape(text)}\Z")


def _matches(field: str, text: str, lookup: str, pattern: str) -> Q:
    """SQLite's LIKE knows the case of ASCII letters only, its REGEXP is Python's."""
    if text.isascii():
        return Q((f"{field}__{lookup}", text))
    return Q((f"{field}__iregex", pattern))
