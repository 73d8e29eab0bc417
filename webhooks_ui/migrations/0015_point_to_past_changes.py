import json

from django.db import migrations

BATCH = 1000
NO_CHANGES = ("webhook.tested", "webhook.redelivered", "webhook.deleted")


def point(apps, schema_editor):
    """Find the events of webhooks that are there, which no index could until now."""
    event_model = apps.get_model("registry_ui", "AuditEvent")
    change_model = apps.get_model("webhooks_ui", "WebhookChange")
    webhook_model = apps.get_model("webhooks_ui", "Webhook")
    known = set(webhook_model.objects.values_list("pk", flat=True))
    events = event_model.objects.filter(type__startswith="webhook.")
    events = events.exclude(type__in=NO_CHANGES).order_by("position")
    rows = []
    for position, body in events.values_list("position", "body").iterator(
        chunk_size=BATCH
    ):
        webhook_id = json.loads(body).get("details", {}).get("webhook")
        if webhook_id in known:
            rows.append(change_model(webhook_id=webhook_id, event_id=position))
    change_model.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0014_webhook_changes")]

    operations = [migrations.RunPython(point, migrations.RunPython.noop)]
