"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"

app = Celery("signoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if settings.EMBEDDED_BROKER_DIR:
    for _folder in ("messages", "control"):
        (settings.EMBEDDED_BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)
