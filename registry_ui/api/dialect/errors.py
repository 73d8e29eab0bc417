"""How calls of the dialect are refused: with codes that every client knows.

Source: databricks-registry-webhooks 0.1.2 knows 24 codes and crashes on any other; so
a missing sign-in is CUSTOMER_UNAUTHORIZED there, and nothing is a conflict.
"""

from http import HTTPStatus

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, AuthorizationError

from registry_ui.api.dialect.parameters import MalformedBodyError
from registry_ui.api.errors import NO_PERMISSION, answer_no_token, error_response
from registry_ui.errors import ActionError, AlreadyExistsError, StaleReviewError

ANSWERED = (
    ActionError,
    AuthenticationError,
    AuthorizationError,
    Http404,
    MalformedBodyError,
    ObjectDoesNotExist,
    PermissionDenied,
    SuspiciousOperation,
)
"""What an operation may raise; anything else is a fault of ours."""

_INVALID = (HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE")
_MALFORMED = (HTTPStatus.BAD_REQUEST, "MALFORMED_REQUEST")
_MISSING = (HTTPStatus.NOT_FOUND, "RESOURCE_DOES_NOT_EXIST")
_FORBIDDEN = (HTTPStatus.FORBIDDEN, "PERMISSION_DENIED")


def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer for one of the errors that are `ANSWERED`."""
    if isinstance(error, AuthenticationError):
        return answer_no_token(request, error)
    (status, code), message = _code_and_message(error)
    return error_response(status, code, message)


def _code_and_message(error: Exception) -> tuple[tuple[HTTPStatus, str], str]:
    """Return status, code and sentence."""
    match error:
        case AlreadyExistsError():
            found = (HTTPStatus.BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"), str(error)
        case StaleReviewError():
            found = (HTTPStatus.BAD_REQUEST, "BAD_REQUEST"), str(error)
        case ActionError():
            found = _INVALID, str(error)
        case AuthorizationError() | PermissionDenied():
            found = _FORBIDDEN, str(error) or NO_PERMISSION
        case Http404():
            found = _MISSING, str(error)
        case ObjectDoesNotExist():
            found = _MISSING, "This was deleted meanwhile."
        case RequestDataTooBig():
            found = _INVALID, "The body is too large."
        case _:
            found = _MALFORMED, "The body is not JSON, or not in UTF-8."
    return found
