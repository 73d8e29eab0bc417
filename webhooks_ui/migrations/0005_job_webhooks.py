from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0020_request_files"),
        ("webhooks_ui", "0004_payload_format"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="encrypted_access_token",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="webhook",
            name="job_id",
            field=models.CharField(blank=True, default="", max_length=19),
        ),
        migrations.AddField(
            model_name="webhook",
            name="parameter_form",
            field=models.CharField(
                blank=True,
                choices=[
                    ("named", "Notebook or Python wheel"),
                    ("listed", "Python script, JAR or spark-submit"),
                    ("none", "Of another kind: it is not told the event"),
                    ("all", "Several tasks"),
                ],
                default="",
                help_text="As last looked up in the workspace; empty: not yet.",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="parameter_form_read_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When that was; empty: look it up again.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="workspace_url",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Scheme and host of the Databricks workspace that has the job.",
                max_length=2000,
            ),
        ),
        migrations.AlterField(
            model_name="webhook",
            name="url",
            field=models.CharField(blank=True, default="", max_length=2000),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "HTTP"),
                    models.Q(
                        ("kind", "JOB"),
                        ("url", ""),
                        models.Q(("job_id", ""), _negated=True),
                        models.Q(("workspace_url", ""), _negated=True),
                        models.Q(("encrypted_access_token", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="job_webhook_has_job_workspace_and_token",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "JOB"),
                    models.Q(
                        ("encrypted_access_token", ""),
                        ("job_id", ""),
                        ("workspace_url", ""),
                    ),
                    _connector="OR",
                ),
                name="http_webhook_has_no_job",
            ),
        ),
    ]
