"""The backend; Django finds it by the name of this module."""

from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper

_ASKED_BEFORE = 1
"""How often a statement has run already when the server shall keep it."""


class Operations(operations.DatabaseOperations):
    """What is said of statements, where somebody listens to them."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return the statement: with its values, unless the server keeps it.

        Of one that is kept psycopg does not tell, and Django would log None.
        """
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that has cursors whose statements the server keeps, too.

    Behind a pooler there are only the usual ones: it may hand the server on after each
    transaction, and the next one knows none of them, or another's by the same name.
    """

    ops_class = Operations
    _keeps_statements = False

    def init_connection_state(self) -> None:
        """Find out who answers: a pooler tells another process than the server is."""
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ((server,),) = cursor.fetchall()
        self._keeps_statements = server == self.connection.info.backend_pid
        if self._keeps_statements:
            self.connection.prepare_threshold = _ASKED_BEFORE

    def planned_cursor(self) -> CursorWrapper:
        """Return a cursor for statements that are asked all the time.

        The server parses each once a connection, and plans it a few times.
        """
        self.ensure_connection()
        if not self._keeps_statements:
            return self.cursor()
        backend: Any = self  # of which django-stubs know less than there is
        make: Any = base.ServerBindingCursor
        with self.wrap_database_errors:
            cursor: CursorWrapper = backend._prepare_cursor(make(self.connection))
            return cursor
