"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import os

from celery import Celery
from celery.signals import task_prerun, worker_ready
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"

_NEW_OBJECTS = 20_000  # before the next look for garbage; Python's default is 700
app = Celery("signoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if settings.EMBEDDED_BROKER_DIR:
    for _folder in ("messages", "control"):
        (settings.EMBEDDED_BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)


@task_prerun.connect
def let_go_of_old_connections(**_: object) -> None:
    """Close a database connection that is too old or broken, as before a request."""
    close_old_connections()


@worker_ready.connect
def look_for_garbage_less_often(**_: object) -> None:
    """Keep all modules out of garbage collection: they stay as long as the worker.

    To look through them again and again took a seventh of the time of deliveries, and
    to look through a batch of them while it is under way a twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
