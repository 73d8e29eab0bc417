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

from registry_ui.actions.registry_writes import MLflowFailedError
from registry_ui.api.dialect.parameters import MalformedBodyError
from registry_ui.api.errors import NO_PERMISSION, answer_no_token, error_response
from registry_ui.errors import (
    ActionError,
    AlreadyExistsError,
    LimitExceededError,
    StaleReviewError,
)
from registry_ui.mlflow_client import MLflowError, MLflowRefused

_INVALID = (HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE")
_MALFORMED = (HTTPStatus.BAD_REQUEST, "MALFORMED_REQUEST")
_MISSING = (HTTPStatus.NOT_FOUND, "RESOURCE_DOES_NOT_EXIST")
_FORBIDDEN = (HTTPStatus.FORBIDDEN, "PERMISSION_DENIED")
_EXISTS = (HTTPStatus.BAD_REQUEST, "RESOURCE_ALREADY_EXISTS")
_TOO_MUCH = (HTTPStatus.BAD_REQUEST, "REQUEST_LIMIT_EXCEEDED")
_NOT_DONE = (HTTPStatus.BAD_REQUEST, "BAD_REQUEST")

_OURS = {"UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"}
"""What MLflow says where it does not let our account in."""

_Row = tuple[type[Exception], tuple[HTTPStatus, str], str]
_TABLE: tuple[_Row, ...] = (
    (AlreadyExistsError, _EXISTS, ""),
    (StaleReviewError, _NOT_DONE, ""),
    (LimitExceededError, _TOO_MUCH, ""),
    (ActionError, _INVALID, ""),
    (AuthorizationError, _FORBIDDEN, ""),
    (PermissionDenied, _FORBIDDEN, ""),
    (Http404, _MISSING, ""),
    (ObjectDoesNotExist, _MISSING, "This was deleted meanwhile."),
    (RequestDataTooBig, _INVALID, "The body is too large."),
    (MalformedBodyError, _MALFORMED, "The body is not JSON, or not in UTF-8."),
    # Such as too many parameters.
    (SuspiciousOperation, _MALFORMED, "The request cannot be read."),
)
"""Status, code and sentence by class, the narrower ones first; no sentence: its own."""

ANSWERED: tuple[type[Exception], ...] = (
    AuthenticationError,
    MLflowError,
    *(kind for kind, _, _ in _TABLE),
)
"""What an operation may raise; anything else is a fault of ours."""


def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer for one of the errors that are `ANSWERED`."""
    if isinstance(error, AuthenticationError):
        return answer_no_token(request, error)
    if isinstance(error, MLflowFailedError):
        return _answer_mlflow_error(error.reason, str(error))
    if isinstance(error, MLflowError):
        return _answer_mlflow_error(error, str(error))
    for kind, (status, code), sentence in _TABLE:
        if isinstance(error, kind):
            message = sentence or str(error) or NO_PERMISSION
            return error_response(status, code, message)
    raise error


def _answer_mlflow_error(error: MLflowError, text: str) -> HttpResponse:
    """Return MLflow's own refusal, or say that it cannot be used.

    With 400, since at 429 and 5xx clients try again for minutes, some even a POST.
    What was refused to our account is our operator's to mend, not the caller's.
    """
    if isinstance(error, MLflowRefused) and error.error_code not in _OURS:
        return error_response(
            error.status, error.error_code, error.message, **error.classes
        )
    return error_response(HTTPStatus.BAD_REQUEST, "TEMPORARILY_UNAVAILABLE", text)
