"""A webhook may ask for an order, and for a rate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0017_webhook_pauses")]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="in_order",
            field=models.BooleanField(
                default=False,
                help_text="One delivery at a time, in the order of the events.",
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="max_per_minute",
            field=models.PositiveIntegerField(
                null=True,
                blank=True,
                help_text="Deliveries sent in a minute; empty: any.",
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="next_slot_at",
            field=models.DateTimeField(
                null=True,
                blank=True,
                help_text="When the rate lets the next one be sent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_per_minute", None),
                    ("max_per_minute__gte", 1),
                    _connector="OR",
                ),
                name="a_rate_is_at_least_one_a_minute",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["webhook", "event", "id"],
                condition=models.Q(("status", "pending")),
                name="delivery_in_order",
            ),
        ),
    ]
