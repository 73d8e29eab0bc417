from django.db import migrations, models

import registry_ui.models.access


class Migration(migrations.Migration):
    """Tokens that exist keep every scope: they were good for everything."""

    dependencies = [("registry_ui", "0021_notifications_of_webhooks")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.JSONField(
                default=registry_ui.models.access.all_scopes,
                help_text="List of `Scope`, in the order in which it is.",
            ),
        ),
    ]
