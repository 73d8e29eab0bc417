from django.db import migrations, models
from django.db.models import OuterRef, Subquery

import registry_ui.models.text


def fill(apps, schema_editor):
    """Copy each version's model to its tags."""
    versions = apps.get_model("registry_ui", "ModelVersion").objects
    of_version = versions.filter(pk=OuterRef("version_id")).values("model_id")
    apps.get_model("registry_ui", "VersionTag").objects.update(
        model_id=Subquery(of_version)
    )


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0005_evidence_parts")]

    operations = [
        migrations.AddField(
            model_name="versiontag",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                help_text="The version's model: finding models by tag needs no join.",
                null=True,
                on_delete=models.CASCADE,
                related_name="+",
                to="registry_ui.registeredmodel",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="versiontag",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                help_text="The version's model: finding models by tag needs no join.",
                on_delete=models.CASCADE,
                related_name="+",
                to="registry_ui.registeredmodel",
            ),
        ),
        migrations.AddIndex(
            "modelversion",
            models.Index(
                fields=["model"],
                condition=models.Q(deleted_at__isnull=False),
                name="models_with_gone_versions",
            ),
        ),
        migrations.RemoveIndex("versiontag", "versions_by_tag"),
        migrations.AddIndex(
            "versiontag",
            models.Index(
                "key",
                registry_ui.models.text.Head("value"),
                "model",
                name="models_by_version_tag",
            ),
        ),
    ]
