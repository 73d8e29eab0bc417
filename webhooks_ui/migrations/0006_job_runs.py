from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks_ui", "0005_job_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="run_number",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="How often it was sent again after it had succeeded.",
            ),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="request_body",
            field=models.TextField(
                blank=True,
                default="",
                help_text="As sent, where it is not the payload.",
            ),
        ),
    ]
