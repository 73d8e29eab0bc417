"""Let the database itself refuse to change or delete a version of a policy."""

from django.db import migrations

from registry_ui.migrations._never_changing import never_changing


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0013_policies")]

    operations = [
        never_changing(
            "registry_ui_policyversion", "a version of a policy never changes"
        )
    ]
