"""Sweeps leave models alone that we are writing to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0004_evidence_parts"),
    ]

    operations = [
        migrations.AddField(
            model_name="registeredmodel",
            name="writing_until",
            field=models.DateTimeField(
                blank=True,
                help_text="We write to MLflow, until then at most; sweeps leave it alone.",
                null=True,
            ),
        ),
    ]
