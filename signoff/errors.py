"""What can go wrong between a program and a Signoff server."""

from http import HTTPStatus
from typing import Any

NOT_SIGNOFF = "NOT_SIGNOFF"
"""The error code of what was answered by something else, such as a proxy."""


class SignoffError(Exception):
    """A call that was refused, or could not be made.

    Attributes:
        error_code: for programs: the server's (docs/api.md), or one of ours.
        message: for people: what is wrong and what to do.
        status: the HTTP status; None where the server said nothing.
    """

    def __init__(
        self, message: str, *, error_code: str, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code
        self.status = status

    def __str__(self) -> str:
        """Return the message."""
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be raised in another process."""
        return _restored, (type(self), self.message, self.error_code, self.status)


class MissingKeyError(SignoffError, KeyError):
    """An answer has no such key: it is misspelt, or the answer is not Signoff's."""


def _restored(
    kind: type[SignoffError], message: str, error_code: str, status: int | None
) -> SignoffError:
    """Return an error as it was, whatever its class is made from."""
    error = kind.__new__(kind)
    SignoffError.__init__(error, message, error_code=error_code, status=status)
    return error


class NotAllowedError(SignoffError):
    """The token does not work, or its owner's level does not allow this."""


class NotFoundError(SignoffError):
    """There is no such thing, or the token's owner may not read its model."""


class ConflictError(SignoffError):
    """What was looked at has changed since."""


class UnavailableError(SignoffError):
    """The server could not be reached, or is out of service for the moment."""

    def __init__(
        self,
        message: str,
        *,
        error_code: str = "TEMPORARILY_UNAVAILABLE",
        status: int | None = None,
    ) -> None:
        super().__init__(message, error_code=error_code, status=status)


class ConfigurationError(SignoffError):
    """It was not said which server to speak with, or by which token."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code="NOT_CONFIGURED")


class WaitTimeoutError(SignoffError):
    """The request was still under way when the time was over."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code="TIMED_OUT")


_BY_STATUS: dict[int, type[SignoffError]] = {
    HTTPStatus.UNAUTHORIZED: NotAllowedError,
    HTTPStatus.FORBIDDEN: NotAllowedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
}
UNAVAILABLE = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Statuses after which the same call may succeed."""


def refusal(status: int, error_code: str, message: str) -> SignoffError:
    """Return the exception for what the server answered."""
    kind = _BY_STATUS.get(status, SignoffError)
    if status in UNAVAILABLE:
        kind = UnavailableError
    return kind(message, error_code=error_code, status=status)
