"""Django's registration of this package, and of the static files of others."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class ConfigConfig(AppConfig):
    """Makes our Celery application the one that tasks are sent through."""

    name = "config"

    def ready(self) -> None:
        """Load Celery's settings once Django's are complete."""
        from config import celery


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Leaves out what comes with packages and no page uses: it takes long to compress.

    Italics, htmx 4, and the readable twins of what the admin loads minified.
    """

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
        "*Italic*",
        "django_htmx/*-4.*",
        "*/jquery.js",
        "*/select2.full.js",
        "*/xregexp.js",
        "*/htmx-2.js",
    ]
