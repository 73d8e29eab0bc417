import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0008_fill_webhook_of_attempts")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["webhook", "-id", "event_name"], name="delivery_by_time"
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="webhook",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="webhooks_ui.webhook",
            ),
        ),
        migrations.AddIndex(
            model_name="deliveryattempt",
            index=models.Index(
                fields=[
                    "webhook",
                    "started_at",
                    "trigger",
                    "status_code",
                    "duration_ms",
                ],
                name="attempt_by_time",
            ),
        ),
    ]
