import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_archives(apps, schema_editor):
    requests = apps.get_model("registry_ui", "TransitionRequest").objects
    asked = requests.filter(target="stage:Archived", kind="promotion")
    asked.update(kind="archive")


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0016_subscriptions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="transitionrequest",
            name="one_open_request_per_version_target_requester",
        ),
        migrations.AddField(
            model_name="transitionrequest",
            name="escalated_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When it was told that nobody reviewed it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="transitionrequest",
            name="follows",
            field=models.OneToOneField(
                blank=True,
                help_text="The break-glass whose review this is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="retrospective",
                to="registry_ui.transitionrequest",
            ),
        ),
        migrations.AddField(
            model_name="transitionrequest",
            name="review_due_at",
            field=models.DateTimeField(
                blank=True, help_text="When a break-glass must be reviewed.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="transitionrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("promotion", "Promotion"),
                    ("rollback", "Rollback"),
                    ("archive", "Archive"),
                    ("break-glass", "Break-glass"),
                    ("retrospective", "Retrospective"),
                    ("revert", "Revert"),
                    ("removal", "Removal"),
                ],
                default="promotion",
                max_length=16,
            ),
        ),
        migrations.RunPython(name_archives, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="transitionrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("follows", None), ("status", "open")),
                fields=("version", "target", "requested_by"),
                name="one_open_request_per_version_target_requester",
            ),
        ),
    ]
