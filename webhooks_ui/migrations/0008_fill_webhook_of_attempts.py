from django.db import migrations
from django.db.models import OuterRef, Subquery

BATCH = 5000


def fill(apps, schema_editor):
    """Copy the webhook of each delivery to its attempts, a range of keys at a time."""
    attempts = apps.get_model("webhooks_ui", "DeliveryAttempt").objects
    deliveries = apps.get_model("webhooks_ui", "Delivery").objects
    last = attempts.order_by("-pk").values_list("pk", flat=True).first() or 0
    first = attempts.order_by("pk").values_list("pk", flat=True).first() or 0
    of_delivery = deliveries.filter(pk=OuterRef("delivery_id")).values("webhook_id")
    for start in range(first, last + 1, BATCH):
        batch = attempts.filter(pk__gte=start, pk__lt=start + BATCH, webhook=None)
        batch.update(webhook_id=Subquery(of_delivery[:1]))


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0007_attempts_of_webhooks")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
