"""Run and files are read apart, metric histories on demand."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F


def read_again(apps, schema_editor):
    """Both parts were read together; files are due once more, for input examples."""
    evidence = apps.get_model("registry_ui", "Evidence")
    evidence.objects.update(
        run_read_at=F("model_read_at"), model_due_at=F("model_read_at")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0004_catalog_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidenceState",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                (
                    "runs_resume_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then MLflow is not asked for runs.",
                        null=True,
                    ),
                ),
                (
                    "files_resume_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until then MLflow is not asked for files.",
                        null=True,
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Why the last reading broke off.",
                    ),
                ),
                (
                    "lease_token",
                    models.CharField(blank=True, default="", max_length=64),
                ),
                ("lease_expires_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="MetricHistory",
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
                ("key", models.CharField(max_length=250)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("points", models.JSONField(blank=True, default=list)),
                ("point_count", models.PositiveIntegerField(default=0)),
                (
                    "is_cut",
                    models.BooleanField(
                        default=False,
                        help_text="MLflow has more points than were read.",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "metric histories",
            },
        ),
        migrations.RenameField(
            model_name="evidence",
            old_name="read_at",
            new_name="model_read_at",
        ),
        migrations.AddField(
            model_name="evidence",
            name="input_example",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Its text, as it was saved with the model.",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="input_example_error",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="evidence",
            name="model_due_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Before the first reading: when the version was registered.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="run_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="evidence",
            name="run_read_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="evidence",
            name="wished_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When somebody asked for both parts again; until they are read.",
                null=True,
            ),
        ),
        migrations.RunPython(read_again, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("wished_at__isnull", False)),
                fields=["wished_at"],
                name="evidence_wished_for",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("run_due_at__isnull", False)),
                fields=["-run_due_at"],
                name="runs_to_read",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("model_due_at__isnull", False)),
                fields=["-model_due_at"],
                name="model_files_to_read",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidencestate",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="evidence_state_is_one_row"
            ),
        ),
        migrations.AddField(
            model_name="metrichistory",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="metric_histories",
                to="registry_ui.modelversion",
            ),
        ),
        migrations.AddIndex(
            model_name="metrichistory",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at"],
                name="metric_histories_to_read",
            ),
        ),
        migrations.AddConstraint(
            model_name="metrichistory",
            constraint=models.UniqueConstraint(
                fields=("version", "key"), name="one_history_per_version_and_metric"
            ),
        ),
    ]
