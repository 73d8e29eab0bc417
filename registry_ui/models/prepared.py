"""Queries that are asked all the time, compiled once a process; and writes likewise.

Building and compiling a query takes Django five to ten times what the database takes to
answer it where it is asked about 25 keys, as a list asks five of them; and twenty times
where one row is looked up or written, as each call of a program does.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, Field, Model, Q, QuerySet
from django.db.transaction import mark_for_rollback_on_error

Row = tuple[Any, ...]
M = TypeVar("M", bound=Model)
_Converters = Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]
"""What turns the driver's values into Django's, by column."""
_ANY_NUMBER = 2_000_000_000
"""Fits into every column that is looked up; no query has such a number of its own."""
_MOST_ROWS = 20
"""In one INSERT: a database takes only so many parameters."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query's SQL in pieces.

    Attributes:
        around: the SQL around its placeholders.
        stands_for: what each placeholder stands for: a key, given by its place among
            the keys, or None for the next parameter.
        parameters: those that are no keys.
        converters: for its answer.
    """

    around: list[str]
    stands_for: list[int | None]
    parameters: Row
    converters: _Converters


class PreparedQuery:
    """A query that differs in nothing but the keys it is asked about.

    Keys are written into the SQL, being integers: a driver takes long over many
    parameters.
    """

    def __init__(
        self, build: Callable[[Sequence[int]], QuerySet[Any, Any]], *, most: int
    ) -> None:
        """Take what builds the query; nothing is compiled yet.

        Args:
            build: given keys, returns a query for a list of tuples (`values_list`).
            most: how many keys it takes at once; 0 for a query about none.
        """
        self._build = build
        self._most = most

    @cached_property
    def _compiled(self) -> _Compiled:
        places = {-place - 1: place for place in range(self._most)}
        sql, found, converters = _compile(self._build([*places]))
        stands_for = [
            places.get(one) if isinstance(one, int) else None for one in found
        ]
        pairs = zip(found, stands_for, strict=True)
        parameters = tuple(one for one, place in pairs if place is None)
        return _Compiled(sql.split("%s"), stands_for, parameters, converters)

    def __call__(self, keys: Sequence[int] = ()) -> list[Row]:
        """Return the answer for keys, all of them positive.

        Raises:
            ValueError: there are too many.
        """
        if self._most and not keys:
            return []
        if len(keys) > self._most:
            raise ValueError(f"This query takes {self._most} keys at once.")
        compiled = self._compiled
        # Places that are left over name the last key again.
        texts = [f"{key:d}" for key in keys]
        texts += texts[-1:] * (self._most - len(texts))
        written = [
            "%s" if place is None else texts[place] for place in compiled.stands_for
        ]
        pieces = zip(compiled.around, [*written, ""], strict=True)
        sql = "".join(chain.from_iterable(pieces))
        # Keys stand in it: the server would plan it for each list of them anew.
        cursor = _connection().cursor()
        cursor.execute(sql, compiled.parameters)
        return _answer(cursor, compiled.converters)


class PreparedLookup:
    """A query that differs in nothing but the values it looks for."""

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], *kinds: type[int] | type[str]
    ) -> None:
        """Take what builds the query; nothing is compiled yet.

        Args:
            build: given a value of each kind, returns a query for a list of tuples
                (`values_list`), in which they come unchanged as parameters.
            kinds: of the values.
        """
        self._build = build
        self._kinds = kinds

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[int | None, Any]], _Converters]:
        """Return SQL, parameters, converters; of a value its place among them all.

        Raises:
            ValueError: a value does not come as a parameter.
        """
        stand_ins = [
            _ANY_NUMBER + place if kind is int else f"\0{place}"
            for place, kind in enumerate(self._kinds)
        ]
        sql, found, converters = _compile(self._build(*stand_ins))
        if not set(stand_ins) <= set(found):
            raise ValueError("This query does not look for its values as they are.")
        places = {value: place for place, value in enumerate(stand_ins)}
        sql, found = _with_texts_in(sql, found, besides=places)
        return sql, [(places.get(one), one) for one in found], converters

    def __call__(self, *values: int | str) -> list[Row]:
        """Return the answer for values of the kinds."""
        sql, parameters, converters = self._compiled
        told = [one if place is None else values[place] for place, one in parameters]
        return _answer(run_planned(sql, told), converters)


class PreparedRow(Generic[M]):
    """A row that is found by values, or several."""

    def __init__(
        self,
        model: type[M],
        condition: Callable[..., Q],
        *kinds: type[int] | type[str],
        is_locked: bool = False,
    ) -> None:
        """Take what the row is found by; nothing is compiled yet.

        Args:
            model: of the row.
            condition: given a value of each kind, what the row fulfils.
            kinds: of the values.
            is_locked: lock it against changes until the transaction ends.
        """
        self._model = model
        self._names = [field.attname for field in model._meta.concrete_fields]
        rows = model._base_manager.order_by("pk")
        found = rows.select_for_update(no_key=True) if is_locked else rows
        self._rows = PreparedLookup(
            lambda *values: found.filter(condition(*values)).values_list(*self._names),
            *kinds,
        )

    def __call__(self, *values: int | str) -> M | None:
        """Return the row that is found by values of the kinds; None if there is none.

        Of several it is the first.
        """
        return next(self.every(*values), None)

    def every(self, *values: int | str) -> Iterator[M]:
        """Yield each row that is found by values of the kinds, by primary key."""
        for row in self._rows(*values):
            yield self._model.from_db(DEFAULT_DB_ALIAS, self._names, row)


class PreparedInsert(Generic[M]):
    """Stores new rows of a model."""

    def __init__(self, model: type[M], *, ignores_conflicts: bool = False) -> None:
        """Take what the rows are.

        Args:
            model: of the rows.
            ignores_conflicts: leave out rows that a unique constraint refuses; none is
                told its primary key then.
        """
        makes_key = isinstance(model._meta.pk, AutoField)
        self._model = model
        self._ignores_conflicts = ignores_conflicts
        self._returns_key = makes_key and not ignores_conflicts
        self._sql: dict[int, str] = {}
        self._fields = [
            field
            for field in model._meta.concrete_fields
            if not (makes_key and field.primary_key)
        ]

    def _written(self, count: int) -> str:
        """Return the SQL that stores so many rows."""
        meta = self._model._meta
        names = ", ".join(_column(field) for field in self._fields)
        table = _connection().ops.quote_name(meta.db_table)
        before = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 - names of ours
        row = f"({', '.join(repeat('%s', len(self._fields)))})"
        after = " ON CONFLICT DO NOTHING" if self._ignores_conflicts else ""
        if self._returns_key:
            after = f" RETURNING {_column(meta.pk)}"
        return before + ", ".join(repeat(row, count)) + after

    def __call__(self, *rows: M) -> None:
        """Store the rows, which get the keys that the database makes.

        Other than with Django's `save`, what they refer to must be stored before they
        are told of it, and nobody is sent a signal.
        """
        size = 1 if self._returns_key else _MOST_ROWS
        for start in range(0, len(rows), size):
            self._insert(rows[start : start + size])

    def _insert(self, rows: Sequence[M]) -> None:
        connection = _connection()
        sql = self._sql.get(len(rows))
        if sql is None:
            sql = self._sql[len(rows)] = self._written(len(rows))
        values = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for row in rows
            for field in self._fields
        ]
        with mark_for_rollback_on_error():
            cursor = run_planned(sql, values)
            if self._returns_key:
                ((rows[0].pk,),) = cursor.fetchall()
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


class PreparedSave(Generic[M]):
    """Saves the same columns of a row that is there, if it still is as is known."""

    def __init__(
        self, model: type[M], *names: str, by: Sequence[str] = ("pk",)
    ) -> None:
        """Take what is saved.

        Args:
            model: of the row.
            names: of the fields; of a foreign key with `_id`.
            by: the fields that the row is found by; likewise.
        """
        self._model = model
        self._names = names
        self._by = by
        self._all = [field.attname for field in model._meta.concrete_fields]

    @cached_property
    def _compiled(self) -> "tuple[str, list[Field[Any, Any]]]":
        """Return SQL, and the field that each placeholder stands for."""
        meta = self._model._meta
        fields = {field.attname: field for field in meta.concrete_fields}
        fields["pk"] = meta.pk
        saved, known = ([fields[n] for n in names] for names in (self._names, self._by))
        changes = ", ".join(f"{_column(field)} = %s" for field in saved)
        found = " AND ".join(f"{_column(field)} = %s" for field in known)
        table = _connection().ops.quote_name(meta.db_table)
        sql = f"UPDATE {table} SET {changes} WHERE {found}"  # noqa: S608 - likewise
        return sql, [*saved, *known]

    @cached_property
    def _returning(self) -> tuple[str, _Converters]:
        """Return SQL that tells the row, too, and what converts that."""
        columns = ", ".join(map(_column, self._model._meta.concrete_fields))
        rows = self._model._base_manager.values_list(*self._all)
        _, _, converters = _compile(rows)
        return f"{self._compiled[0]} RETURNING {columns}", converters

    def __call__(self, row: M, **known: object) -> bool:
        """Save the row; False if it is not there.

        Args:
            row: as it shall be.
            known: what else than the row says it is found by now.
        """
        sql, _ = self._compiled
        with mark_for_rollback_on_error():
            return bool(run_planned(sql, self._values(row, known)).rowcount)

    def locked(self, row: M, **known: object) -> M | None:
        """Save likewise; return the row as it is stored, None if it is not there.

        Like a lock it waits for others' changes, and keeps them off until the end of
        the transaction.
        """
        sql, converters = self._returning
        values = self._values(row, known)
        with mark_for_rollback_on_error():
            found = _answer(run_planned(sql, values), converters)
        for one in found:
            return self._model.from_db(DEFAULT_DB_ALIAS, self._all, one)
        return None

    def _values(self, row: M, known: Mapping[str, object]) -> list[Any]:
        """Return what the placeholders stand for, as the driver takes it."""
        fields = self._compiled[1]
        values = [getattr(row, name) for name in self._names]
        values += [
            known[name] if name in known else getattr(row, name) for name in self._by
        ]
        connection = _connection()
        return [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values, strict=True)
        ]


def run_planned(sql: str, parameters: Sequence[Any] = ()) -> CursorWrapper:
    """Run what is asked all the time, which the server plans once; return the cursor.

    Nobody closes it, and what it answers is gone when anything else is run.

    Args:
        sql: one text, not made anew each time: cursors know it again as such.
        parameters: for its placeholders.
    """
    connection: Any = _connection()  # of `config/postgresql` or `config/sqlite`
    cursor: CursorWrapper = connection.planned_cursor(sql)
    cursor.execute(sql, parameters)
    return cursor


def _column(field: "Field[Any, Any]") -> str:
    return _connection().ops.quote_name(str(field.column))


def _compile(query: QuerySet[Any, Any]) -> tuple[str, Row, _Converters]:
    """Return SQL, parameters and what converts the answer."""
    compiler = query.query.get_compiler(connection=_connection())
    sql, parameters = compiler.as_sql()
    columns = [column for column, *_ in compiler.select[: compiler.col_count]]
    return sql, parameters, compiler.get_converters(columns)


def _with_texts_in(
    sql: str, parameters: Row, *, besides: Container[str | int]
) -> tuple[str, Row]:
    """Return the SQL with texts written into it that are the same each time, the rest.

    SQLite plans a query again with each value that might make a partial index fit, and
    takes that as long as five such queries; with a text in its place it just fits.
    """
    written, told = [], []
    for one in parameters:
        if isinstance(one, str) and one not in besides:
            text = str(one).replace("'", "''").replace("%", "%%")
            written.append(f"'{text}'")
        else:
            written.append("%s")
            told.append(one)
    pieces = zip(sql.split("%s"), [*written, ""], strict=True)
    return "".join(chain.from_iterable(pieces)), tuple(told)


def _answer(cursor: CursorWrapper, converters: _Converters) -> list[Row]:
    """Return what the database answers, in Django's values."""
    rows: list[Row] = cursor.fetchall()
    if not converters:
        return rows
    connection = _connection()
    return [_converted(row, converters, connection) for row in rows]


def _converted(
    row: Row, converters: _Converters, connection: BaseDatabaseWrapper
) -> Row:
    values = list(row)
    for place, (steps, expression) in converters.items():
        for step in steps:
            values[place] = step(values[place], expression, connection)
    return tuple(values)


def _connection() -> BaseDatabaseWrapper:
    """Return this thread's connection; Django's stand-in for it looks it up each time.

    That takes a tenth of the time of a query, and fields ask it for each value.
    """
    return connections[DEFAULT_DB_ALIAS]
