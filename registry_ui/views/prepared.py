"""Queries about the rows of one page, compiled once a process.

Building and compiling a query takes Django five to ten times what the database takes to
answer it where it is asked about 25 keys; a list asks five of them.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Row = tuple[Any, ...]


class PreparedQuery:
    """A query that differs in nothing but the keys it is asked about.

    Rows come as the database's driver gives them: no column may need conversion. Keys
    are written into the SQL, being integers: a driver takes long over many parameters.
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
    def _compiled(self) -> tuple[list[str], list[int | None], Row]:
        """Return the SQL around its placeholders, what each stands for, parameters.

        A placeholder stands for a key, given by its place among the keys, or for the
        next parameter, given as None.
        """
        places = {-place - 1: place for place in range(self._most)}
        sql, found = self._build([*places]).query.sql_with_params()
        stands_for = [
            places.get(one) if isinstance(one, int) else None for one in found
        ]
        pairs = zip(found, stands_for, strict=True)
        parameters = tuple(one for one, place in pairs if place is None)
        return sql.split("%s"), stands_for, parameters

    def __call__(self, keys: Sequence[int] = ()) -> list[Row]:
        """Return the answer for keys, all of them positive.

        Raises:
            ValueError: there are too many.
        """
        if self._most and not keys:
            return []
        if len(keys) > self._most:
            raise ValueError(f"This query takes {self._most} keys at once.")
        around, stands_for, parameters = self._compiled
        # Places that are left over name the last key again.
        texts = [f"{key:d}" for key in keys]
        texts += texts[-1:] * (self._most - len(texts))
        written = ["%s" if place is None else texts[place] for place in stands_for]
        pieces = zip(around, [*written, ""], strict=True)
        with connection.cursor() as cursor:
            cursor.execute("".join(chain.from_iterable(pieces)), parameters)
            return list(cursor.fetchall())
