from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    """Who makes the row says when: what happens at once has one time, not three."""

    dependencies = [("registry_ui", "0033_models_are_closed")]

    operations = [
        # No column changes, and SQLite would copy the tables.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name=name,
                    name="created_at",
                    field=models.DateTimeField(default=timezone.now, editable=False),
                )
                for name in ("transitionrequest", "review")
            ]
        )
    ]
