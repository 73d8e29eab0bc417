"""Errors of the webhooks; text of an `ActionError` may be shown to a user."""

from datetime import timedelta
from math import ceil

from registry_ui.errors import InvalidFieldError, LimitExceededError


class UrlRefusedError(InvalidFieldError):
    """An address that must not be called; the text says why and what would help."""

    def __init__(self, text: str) -> None:
        super().__init__("url", text)


class TooManyTestsError(LimitExceededError):
    """A person sends tests faster than they may; the text says when the next may go.

    Attributes:
        retry_after_seconds: until then; whole seconds, at least 1.
    """

    def __init__(self, most: int, wait: timedelta) -> None:
        self.retry_after_seconds = max(1, ceil(wait.total_seconds()))
        unit = "second" if self.retry_after_seconds == 1 else "seconds"
        super().__init__(
            f"You sent {most} tests within a minute, which is the most. Send the next"
            f" one in {self.retry_after_seconds} {unit}."
        )
