"""Errors whose text a user may see."""

from datetime import timedelta
from math import ceil

_MINUTES_FROM = 120
"""Seconds that people would rather read as minutes."""


class ActionError(Exception):
    """Something a user asked for cannot be done; the text says why and what to do."""


class InvalidFieldError(ActionError):
    """What was given for one field will not do; the text says which, why and what then.

    Attributes:
        field: its name in the form and in the API.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class StaleReviewError(ActionError):
    """What a decision rests on has changed since the page was opened."""


class AlreadyExistsError(ActionError):
    """The thing to create is there already."""


class LimitExceededError(ActionError):
    """Somebody asks for more within a time than they may; the text says when they may.

    Never answered with 429 where Databricks' clients call: they would try for minutes.

    Attributes:
        retry_after_seconds: until then; whole seconds, at least 1.
    """

    def __init__(
        self, reason: str, wait: timedelta, *, then: str = "Send the next one"
    ) -> None:
        seconds = self.retry_after_seconds = max(1, ceil(wait.total_seconds()))
        count, unit = (
            (seconds, "second")
            if seconds < _MINUTES_FROM
            else (ceil(seconds / 60), "minute")
        )
        super().__init__(f"{reason} {then} in {count} {unit}{'s' * (count != 1)}.")


class UnsignedHintError(ActionError):
    """A hint is not, or not provably, of the MLflow that we have a webhook at."""


class CredentialUnreadableError(Exception):
    """A stored credential cannot be decrypted: its key is not in the key ring."""
