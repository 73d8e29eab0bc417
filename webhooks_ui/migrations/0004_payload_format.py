from django.db import migrations, models

_CHOICES = [("databricks", "Databricks' JSON"), ("cloudevents", "CloudEvents 1.0")]


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks_ui", "0003_event_names_from_a_function"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="payload_format",
            field=models.CharField(
                choices=_CHOICES,
                default="databricks",
                help_text="Of what happens from now on; what is stored keeps its form.",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="payload_format",
            field=models.CharField(
                choices=_CHOICES,
                default="databricks",
                help_text="Of these bytes, whatever the webhook wants by now.",
                max_length=16,
            ),
        ),
    ]
