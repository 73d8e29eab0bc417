"""Let the database itself refuse to change or delete audit events."""

from django.db import migrations

from registry_ui.migrations._never_changing import never_changing


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0001_initial")]

    operations = [
        never_changing("registry_ui_auditevent", "the audit log is append-only")
    ]
