"""What other apps hang into our pages."""

from collections.abc import Iterable

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from registry_ui.extensions import Panel


def render_panels(panels: Iterable[Panel]) -> list[SafeString]:
    """Render each panel's template; it sees its own context alone."""
    return [render_to_string(panel.template, panel.context) for panel in panels]
