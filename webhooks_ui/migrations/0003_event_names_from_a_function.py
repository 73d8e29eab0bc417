from django.db import migrations, models

import webhooks_ui.models.event_names


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks_ui", "0002_notices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="event_name",
            field=models.CharField(
                choices=webhooks_ui.models.event_names.event_choices, max_length=64
            ),
        ),
    ]
