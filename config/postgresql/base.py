"""The backend; Django finds it by the name of this module."""

import select
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
    _kept: dict[str, Any] | None = None
    """The driver's cursors by what they ask, over and over: with another statement each
    would learn anew how to write its values and to read its answers. None: behind a
    pooler."""

    def init_connection_state(self) -> None:
        """Find out who answers: a pooler tells another process than the server is."""
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ((server,),) = cursor.fetchall()
        self._kept = None
        if server == self.connection.info.backend_pid:
            self.connection.prepare_threshold = _ASKED_BEFORE
            self._kept = {}

    def is_usable(self) -> bool:
        """Is the server there? It is asked only where it has said something unasked.

        One that goes says so, or its machine does; and asking takes as long as a query.
        """
        if self.connection is None or self.connection.closed:
            return False
        unread = select.poll()
        unread.register(self.connection.fileno(), select.POLLIN)
        return not unread.poll(0) or bool(super().is_usable())

    def planned_cursor(self, sql: str) -> CursorWrapper:
        """Return the cursor for what is asked all the time; nobody closes it.

        The server parses each once a connection, and plans it a few times. What it
        answers is gone when the same is asked again.
        """
        backend: Any = self  # of which django-stubs know less than there is
        backend.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept is None:
            return self.cursor()
        kept = self._kept.get(sql)
        if kept is None:
            make: Any = base.ServerBindingCursor
            kept = self._kept[sql] = make(self.connection)
        cursor: CursorWrapper = backend._prepare_cursor(kept)
        return cursor
