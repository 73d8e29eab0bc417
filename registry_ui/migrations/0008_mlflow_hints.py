"""MLflow's webhook to us, and the hints that wait to be looked at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0007_incident_without_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hint",
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
                ("received_at", models.DateTimeField()),
                ("model_name", models.CharField(max_length=256)),
                ("version_number", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="MLflowWebhook",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                (
                    "webhook_id",
                    models.CharField(help_text="MLflow's name for it.", max_length=256),
                ),
                (
                    "url",
                    models.TextField(
                        help_text="Where MLflow sends to: our own address."
                    ),
                ),
                ("encrypted_secret", models.TextField()),
                ("registered_at", models.DateTimeField()),
                (
                    "hinted_at",
                    models.DateTimeField(
                        blank=True, help_text="When the last hint came.", null=True
                    ),
                ),
                (
                    "resume_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then MLflow is not asked after hints.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "MLflow webhook",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="mlflow_webhook_is_one_row"
                    )
                ],
            },
        ),
    ]
