"""Django's registration of the webhooks app."""

from django.apps import AppConfig


class WebhooksUiConfig(AppConfig):
    """Connects the receivers and hangs the panels into the registry's pages."""

    name = "webhooks_ui"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        """Connect the receivers, register the panels."""
        from registry_ui import extensions
        from webhooks_ui import receivers
        from webhooks_ui.views import notifications, panels

        extensions.overview_panels.append(panels.overview_panel)
        extensions.model_panels.append(panels.model_panel)
        extensions.account_panels.append(notifications.account_panel)
        extensions.plan_effects.append(panels.plan_effect)
