"""A delivery says why it was given up other than by an answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0018_webhook_order_and_rate")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="given_up_reason",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Why it failed other than by an answer: skipped, or waited too long.",
            ),
        ),
    ]
