"""Errors of the webhooks; text of an `ActionError` may be shown to a user."""

from registry_ui.errors import InvalidFieldError


class UrlRefusedError(InvalidFieldError):
    """An address that must not be called; the text says why and what would help."""

    def __init__(self, text: str) -> None:
        super().__init__("url", text)
