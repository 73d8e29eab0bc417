import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0006_job_runs")]

    operations = [
        migrations.AddField(
            model_name="deliveryattempt",
            name="webhook",
            field=models.ForeignKey(
                db_index=False,
                help_text="The delivery's; here, so that its health is read off one index.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="webhooks_ui.webhook",
            ),
        ),
    ]
