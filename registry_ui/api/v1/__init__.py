"""Version 1 of our own REST API; the document at `openapi.json` describes it."""

from registry_ui.api.v1.api import api

__all__ = ["api"]
