"""People are told of webhooks, some of which are about no model alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0020_request_files")]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="model",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: it is about the whole registry.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="registry_ui.registeredmodel",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="reason",
            field=models.CharField(
                choices=[
                    ("needs_you", "A request needs my review"),
                    ("yours", "Something happens to a request of mine"),
                    ("mentioned", "Somebody mentions me"),
                    ("watching", "Something happens to what I watch"),
                    (
                        "reminder",
                        "A request of mine, or that needs me, is about to expire",
                    ),
                    (
                        "webhook",
                        "A webhook that I manage fails, is paused or is disabled",
                    ),
                ],
                max_length=16,
            ),
        ),
    ]
