"""Errors below `PREFIXES`: `{"error_code", "message"}`, whoever raises them.

Codes are MLflow's; which goes with which status follows Databricks' REST dialect.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from registry_ui.api.dialect.retries import unretried
from registry_ui.errors import (
    ActionError,
    AlreadyExistsError,
    LimitExceededError,
    StaleReviewError,
)

PREFIXES = ("/api/", "/ajax-api/")
"""Below these programs read; the second is what MLflow's own pages call."""
WEBHOOK_PATHS = "/registry-webhooks/"
"""Part of the paths where Databricks names a missing sign-in in its own way."""

NO_PERMISSION = (
    "Your permission level does not allow this. What each level allows, and who grants"
    f" it, is at {settings.BASE_URL}/permissions/."
)
SIGN_IN = (
    "Send a valid token, as `Authorization: Bearer <token>` or as the password of"
    " Basic. It may have expired or been revoked; your account page makes new ones."
)
_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: ("MALFORMED_REQUEST", "The request cannot be read."),
    HTTPStatus.FORBIDDEN: ("PERMISSION_DENIED", NO_PERMISSION),
    HTTPStatus.PRECONDITION_FAILED: ("RESOURCE_CONFLICT", "It has changed since."),
    HTTPStatus.PRECONDITION_REQUIRED: (
        "INVALID_PARAMETER_VALUE",
        "Say which state you read: send `If-Match`.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "REQUEST_LIMIT_EXCEEDED",
        "These are too many requests at once; try again later.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "TEMPORARILY_UNAVAILABLE",
        "This is out of service for the moment; try again later.",
    ),
}
_OF_MLFLOW = "/mlflow/"
_REGISTRY_ONLY = (
    "Of MLflow's API Signoff has the registry alone: leave MLFLOW_TRACKING_URI at"
    " MLflow and set MLFLOW_REGISTRY_URI to Signoff."
)
_LISTED = "/api/v1/openapi.json lists what there is below /api/v1/."
_INTERNAL = (
    "INTERNAL_ERROR",
    "Something went wrong on our side; the server's log says what.",
)


def answer_errors_in_json(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give the pages for errors below `PREFIXES` the form that programs read.

    A middleware, since Django itself answers unknown paths, unreadable requests and
    crashes, each in another place.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if not is_error or not request.path.startswith(PREFIXES):
            return response
        if response.get("Content-Type", "").startswith("application/json"):
            return response
        return _replacement(request, response.status_code)

    return middleware


def handle_errors(api: NinjaAPI) -> None:
    """Let the API answer what its operations raise."""
    api.exception_handler(ValidationError)(_answer_validation_error)
    api.exception_handler(ActionError)(answer_action_error)
    api.exception_handler(AuthenticationError)(answer_no_token)
    api.exception_handler(HttpError)(_answer_http_error)
    api.exception_handler(PermissionDenied)(_answer_permission_denied)
    api.exception_handler(RequestDataTooBig)(_answer_too_big)
    api.exception_handler(Http404)(_answer_not_found)


def error_response(
    status: int, code: str, message: str, **classes: str
) -> JsonResponse:
    """Return an error in the one form they all have.

    Whatever a caller's own words make of the message, no client tries again for it.
    """
    content = {"error_code": code, "message": unretried(message), **classes}
    return JsonResponse(content, status=status)


def endpoint_not_found(request: HttpRequest) -> JsonResponse:
    """Answer for a path or a method that does not exist."""
    hint = _REGISTRY_ONLY if _OF_MLFLOW in request.path else _LISTED
    return error_response(
        HTTPStatus.NOT_FOUND,
        "ENDPOINT_NOT_FOUND",
        f"There is no {request.method} {request.path}. {hint}",
    )


def answer_no_token(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    """Answer a call without a token, or with one that does not work."""
    is_webhook = WEBHOOK_PATHS in request.path
    code = "CUSTOMER_UNAUTHORIZED" if is_webhook else "UNAUTHENTICATED"
    response = error_response(HTTPStatus.UNAUTHORIZED, code, SIGN_IN)
    # Basic works too, but naming it would make browsers ask for a password.
    response["WWW-Authenticate"] = 'Bearer realm="Signoff"'
    return response


def answer_action_error(_: HttpRequest, error: ActionError) -> HttpResponse:
    """Answer what cannot be done, with the status of its kind."""
    match error:
        case StaleReviewError():
            return error_response(HTTPStatus.CONFLICT, "RESOURCE_CONFLICT", str(error))
        case LimitExceededError():
            # Clients that try again by themselves are not expected here; where they
            # are, below /api/2.0/, this is a 400.
            answer = error_response(
                HTTPStatus.TOO_MANY_REQUESTS, "REQUEST_LIMIT_EXCEEDED", str(error)
            )
            answer["Retry-After"] = str(error.retry_after_seconds)
            return answer
        case AlreadyExistsError():
            code = "RESOURCE_ALREADY_EXISTS"
            return error_response(HTTPStatus.BAD_REQUEST, code, str(error))
        case _:
            return _invalid(str(error))


def _replacement(request: HttpRequest, status: int) -> JsonResponse:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return endpoint_not_found(request)
    code, message = _BY_STATUS.get(HTTPStatus(status), _INTERNAL)
    return error_response(status, code, message)


def _invalid(message: str) -> JsonResponse:
    return error_response(HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)


def _answer_validation_error(_: HttpRequest, error: ValidationError) -> HttpResponse:
    return _invalid(" ".join(item["msg"] for item in error.errors))


def _answer_http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        message = "The body is not JSON, or not in UTF-8."
        return error_response(error.status_code, "MALFORMED_REQUEST", message)
    code, _message = _BY_STATUS.get(HTTPStatus(error.status_code), _INTERNAL)
    return error_response(error.status_code, code, str(error))


def _answer_permission_denied(_: HttpRequest, error: PermissionDenied) -> HttpResponse:
    message = str(error) or NO_PERMISSION
    return error_response(HTTPStatus.FORBIDDEN, "PERMISSION_DENIED", message)


def _answer_too_big(_: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _invalid("The body is too large.")


def _answer_not_found(_: HttpRequest, error: Http404) -> HttpResponse:
    code = "RESOURCE_DOES_NOT_EXIST"
    return error_response(HTTPStatus.NOT_FOUND, code, str(error))
