"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os

from celery import Celery
from celery.signals import task_prerun, worker_ready
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from config.garbage import look_for_garbage_less_often

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"

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
def have_loaded_all(**_: object) -> None:
    """Leave alone what was loaded until the worker was ready."""
    look_for_garbage_less_often()
