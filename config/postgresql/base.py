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

    Where a pooler hands a connection on between two transactions, the next one's server
    does not know them: without server-side cursors there are only the usual ones.
    """

    ops_class = Operations

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg is told of the connection."""
        params: dict[str, Any] = super().get_connection_params()
        if self._keeps_statements:
            params["prepare_threshold"] = _ASKED_BEFORE
        return params

    def planned_cursor(self) -> CursorWrapper:
        """Return a cursor for statements that are asked all the time.

        The server parses each once a connection, and plans it a few times.
        """
        if not self._keeps_statements:
            return self.cursor()
        self.ensure_connection()
        backend: Any = self  # of which django-stubs know less than there is
        make: Any = base.ServerBindingCursor
        with self.wrap_database_errors:
            cursor: CursorWrapper = backend._prepare_cursor(make(self.connection))
            return cursor

    @property
    def _keeps_statements(self) -> bool:
        return not self.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
