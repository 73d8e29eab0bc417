"""The backend; Django finds it by the name of this module."""

from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.utils import CursorWrapper

_TEXTS_KEPT = 512


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that turns the placeholders of a text into SQLite's once, not each time.

    To look through a text takes as long as to find a row by its key.
    """

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        """Return the query with placeholders of SQLite's."""
        if param_names is None:
            return _converted(query)
        return str(super().convert_query(query, param_names=param_names))


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with such cursors, and one of them that is kept."""

    _kept: Any = None
    """The driver's cursor, made once: a move asks some thirty times."""

    def init_connection_state(self) -> None:
        """Make the cursor that this connection keeps."""
        super().init_connection_state()
        self._kept = self.create_cursor()

    def planned_cursor(self, _sql: str) -> CursorWrapper:
        """Return the cursor for what is asked all the time; nobody closes it.

        It is one for all, and what it answers is gone with the next statement.
        """
        self.ensure_connection()
        backend: Any = self  # of which django-stubs know less than there is
        cursor: CursorWrapper = backend._prepare_cursor(self._kept)
        return cursor

    def create_cursor(self, name: str | None = None) -> Cursor:
        """Return a cursor of this connection."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        return cursor


@lru_cache(maxsize=_TEXTS_KEPT)
def _converted(query: str) -> str:
    convert: Any = base.SQLiteCursorWrapper.convert_query  # which looks at no self
    return str(convert(None, query))
