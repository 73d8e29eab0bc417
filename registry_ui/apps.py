"""Django's registration of the registry app."""

from django.apps import AppConfig


class RegistryUiConfig(AppConfig):
    """Connects the receivers and the checks once the models are loaded."""

    name = "registry_ui"
    verbose_name = "Registry"

    def ready(self) -> None:
        """Connect the receivers and the checks."""
        from registry_ui import checks, receivers
