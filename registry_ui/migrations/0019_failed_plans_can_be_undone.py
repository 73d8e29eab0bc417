import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry_ui", "0018_notifications"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="transitionrequest",
            name="carried_out",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Effects that are in MLflow though the plan failed: what an undo"
                " takes back.",
            ),
        ),
        migrations.AddField(
            model_name="transitionrequest",
            name="undone_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who had what was carried out taken back, from then on.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_transition_requests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
