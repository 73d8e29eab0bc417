"""Rows that the database itself refuses to change; used by several migrations."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def never_changing(table: str, refusal: str) -> migrations.RunPython:
    """Return an operation after which rows of the table can only be added.

    Args:
        table: its name in the database.
        refusal: what whoever tries to change or delete a row is told.
    """
    is_of = f"{table}_refuse"
    postgresql = [
        f"""CREATE FUNCTION {is_of}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{refusal}'; END $$""",
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {is_of}()""",
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {is_of}()""",
    ]
    postgresql_back = [
        f"DROP TRIGGER {table}_no_truncate ON {table}",
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"DROP FUNCTION {is_of}()",
    ]
    sqlite = [
        f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{refusal}'); END"""
        for verb in ("UPDATE", "DELETE")
    ]
    sqlite_back = [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")]

    def close(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        for statement in postgresql if is_postgresql else sqlite:
            schema_editor.execute(statement)

    def reopen(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        for statement in postgresql_back if is_postgresql else sqlite_back:
            schema_editor.execute(statement)

    return migrations.RunPython(close, reopen)
