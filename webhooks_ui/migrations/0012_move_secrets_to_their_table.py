from django.db import migrations
from django.db.models import Q
from django.utils import timezone

BATCH = 500


def move(apps, schema_editor):
    """Copy each stored secret as it is: what its encryption is bound to, stays.

    So no key is needed, and a secret whose key is lost moves as well.
    """
    webhook_model = apps.get_model("webhooks_ui", "Webhook")
    secret_model = apps.get_model("webhooks_ui", "WebhookSecret")
    webhooks = webhook_model.objects.exclude(encrypted_secret="").order_by("pk")
    rows = [
        secret_model(
            webhook_id=webhook.pk,
            encrypted_value=webhook.encrypted_secret,
            created_by_id=webhook.created_by_id,
            created_at=webhook.created_at,
        )
        for webhook in webhooks.iterator(chunk_size=BATCH)
    ]
    secret_model.objects.bulk_create(rows, batch_size=BATCH)
    webhook_model.objects.exclude(encrypted_secret="").update(encrypted_secret="")


def move_back(apps, schema_editor):
    """Keep the newest secret in force of each webhook; the column has room for one."""
    webhook_model = apps.get_model("webhooks_ui", "Webhook")
    secret_model = apps.get_model("webhooks_ui", "WebhookSecret")
    in_force = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    for secret in secret_model.objects.filter(in_force).order_by("pk"):
        webhook_model.objects.filter(pk=secret.webhook_id).update(
            encrypted_secret=secret.encrypted_value
        )
    secret_model.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0011_webhook_secrets")]

    operations = [migrations.RunPython(move, move_back)]
