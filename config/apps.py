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
    """Leaves out the italics that come with the font packages: no page uses them."""

    ignore_patterns = [*DjangoStaticFilesConfig.ignore_patterns, "*Italic*"]
