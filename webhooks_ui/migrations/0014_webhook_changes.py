import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0001_initial"),
        ("webhooks_ui", "0013_drop_the_old_secret_column"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry_ui.auditevent",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="webhooks_ui.webhook",
                    ),
                ),
            ],
            options={
                "ordering": ["-event_id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("webhook", "event"),
                        name="one_pointer_per_webhook_and_event",
                    )
                ],
            },
        ),
    ]
