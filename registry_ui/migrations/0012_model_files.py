"""What the MLmodel file says beside signature and flavors, and the list of files."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def read_again(apps, schema_editor):
    """Let files that were read before be read once more, for what is new."""
    evidence = apps.get_model("registry_ui", "Evidence")
    versions = apps.get_model("registry_ui", "ModelVersion")
    registered_at = versions.objects.filter(pk=OuterRef("version")).values("created_at")
    evidence.objects.filter(
        model_read_at__isnull=False, model_due_at=None, model_error=""
    ).update(
        model_due_at=Subquery(registered_at),
        files_error="The list of files has not been read yet.",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0011_metric_choices"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="model_metadata",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What else the MLmodel file says: no signature, no flavors.",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="files",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Path to size in bytes, or to null where MLflow tells none.",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="files_error",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Why the list of files is not there, or not whole.",
            ),
        ),
        migrations.RunPython(read_again, migrations.RunPython.noop),
    ]
