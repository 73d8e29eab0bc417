import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0019_failed_plans_can_be_undone"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestFiles",
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
                ("first", models.JSONField(blank=True, null=True)),
                ("last", models.JSONField(blank=True, null=True)),
                (
                    "read_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the last reading began.",
                        null=True,
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="When a worker may read them (again)."
                    ),
                ),
                (
                    "reading_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="While a worker reads them: its lease.",
                        null=True,
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Why they could not be read the last time.",
                    ),
                ),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="registry_ui.transitionrequest",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "files of requests",
            },
        ),
    ]
