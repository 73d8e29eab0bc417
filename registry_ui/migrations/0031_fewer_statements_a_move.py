"""The chain's lock and its end in one statement; indexes that others begin with go."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# 85328127 is any number that no other advisory lock here uses. A statement of its own
# that both locked and looked would look at what was there before it got the lock; what
# is volatile looks anew with each of its statements.
_LOCK_END = """CREATE FUNCTION registry_ui_lock_end_of_chain()
RETURNS TABLE (last_position bigint, last_hash varchar) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(85328127);
    RETURN QUERY SELECT "position", hash FROM registry_ui_auditevent
    ORDER BY "position" DESC LIMIT 1;
END $$"""
_DROP = "DROP FUNCTION registry_ui_lock_end_of_chain()"


def add(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the function, where it is of use."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_LOCK_END)


def drop(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_DROP)


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0030_holdings_by_target")]

    operations = [
        migrations.RunPython(add, drop),
        migrations.AlterField(
            model_name="modelversion",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="registry_ui.registeredmodel",
            ),
        ),
        migrations.AlterField(
            model_name="transitionrequest",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transition_requests",
                to="registry_ui.modelversion",
            ),
        ),
    ]
