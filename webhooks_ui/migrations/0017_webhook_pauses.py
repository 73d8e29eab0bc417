"""A webhook whose receiver fails is held back, and paused in the end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0016_allowances")]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="failure_warned_at",
            field=models.DateTimeField(
                null=True,
                blank=True,
                help_text="When its owners were warned of the failure.",
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="held_until",
            field=models.DateTimeField(
                null=True,
                blank=True,
                help_text="Nothing is sent before: its receiver fails.",
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="held_reason",
            field=models.TextField(
                blank=True, default="", help_text="Why it is held back, in words."
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="paused_at",
            field=models.DateTimeField(
                null=True,
                blank=True,
                help_text="Since when nothing is sent, only stored.",
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="pause_reason",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("paused_at", None), ("status", "ACTIVE"), _connector="OR"
                ),
                name="only_an_active_webhook_is_paused",
            ),
        ),
    ]
