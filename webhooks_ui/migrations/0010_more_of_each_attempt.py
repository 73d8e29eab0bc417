from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0009_ledger_by_time")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="redelivered_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="User name of who had it sent again last.",
                max_length=150,
            ),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="triggered_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="User name of who had it sent; empty where nobody did.",
                max_length=150,
            ),
        ),
        migrations.AddField(
            model_name="deliveryattempt",
            name="response_headers",
            field=models.JSONField(default=dict, help_text="Some of them."),
        ),
    ]
