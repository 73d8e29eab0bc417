from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "webhooks_ui_delivery"


def make_room(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """On PostgreSQL: let a lease be written beside its row, so that no index learns.

    Django makes a second index of ids for `LIKE`, which nobody asks by.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(f"ALTER TABLE {TABLE} SET (fillfactor = 50)")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = %s AND indexname LIKE %s",
            [TABLE, r"%\_id\_%\_like"],
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def leave_no_room(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Undo what rows are stored by; the index for `LIKE` is of no use."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE {TABLE} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0022_lease_of_its_own")]

    operations = [migrations.RunPython(make_room, leave_no_room)]
