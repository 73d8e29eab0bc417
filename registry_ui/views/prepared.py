"""Queries about the rows of one page, compiled once a process.

Building and compiling a query takes Django five to ten times what the database takes to
answer it where it is asked about 25 keys; a list asks five of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query's SQL in pieces.

    Attributes:
        around: the SQL around its placeholders.
        stands_for: what each placeholder stands for: a key, given by its place among
            the keys, or None for the next parameter.
        parameters: those that are no keys.
        converters: what turns the driver's values into Django's, by column.
    """

    around: list[str]
    stands_for: list[int | None]
    parameters: Row
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


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
        compiler = self._build([*places]).query.get_compiler(connection=connection)
        sql, found = compiler.as_sql()
        stands_for = [
            places.get(one) if isinstance(one, int) else None for one in found
        ]
        pairs = zip(found, stands_for, strict=True)
        parameters = tuple(one for one, place in pairs if place is None)
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
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
        with connection.cursor() as cursor:
            cursor.execute("".join(chain.from_iterable(pieces)), compiled.parameters)
            rows = cursor.fetchall()
        if not compiled.converters:
            return list(rows)
        return [_converted(row, compiled.converters) for row in rows]


def _converted(
    row: Row, converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]
) -> Row:
    values = list(row)
    for place, (steps, expression) in converters.items():
        for step in steps:
            values[place] = step(values[place], expression, connection)
    return tuple(values)
