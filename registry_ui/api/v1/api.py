"""The API object: its document, who may call, how it answers errors."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.cache import never_cache
from ninja import NinjaAPI
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.operation import Operation

from registry_ui.api.authentication import refuse_unscoped
from registry_ui.api.errors import endpoint_not_found, handle_errors
from registry_ui.api.v1 import (
    account,
    audit,
    catalog,
    checks,
    comments,
    comparison,
    holdings,
    incidents,
    policies,
    requests,
    tokens,
)
from registry_ui.api.v1.limits import CallLimit, handle_limits, tell_limits
from registry_ui.api.v1.validation import sentences

DESCRIPTION = """\
Ask for transitions of model versions, review and discuss them, see why one is blocked,
compare versions, report checks on them; read models, policies, who held what when,
incidents, the audit log; see what webhooks were told, and have it sent again.

Sign in with a token from `manage.py api_token` or from your account page, as
`Authorization: Bearer <token>` or as the password of Basic authentication. A token may
do what its owner may, within its scopes; each call says which it needs. Every error
is an object with `error_code` and `message`. Times are ISO 8601 in UTC. A model that
you may not read answers like one that does not exist.

Each answer says in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` how
many calls a minute you may make, how many are left, and in how many seconds the minute
is over.
"""

View = Callable[..., HttpResponse]


class Api(NinjaAPI):
    """Django Ninja, with addresses that answer programs instead of browsers."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Return the addresses; ours do not send strangers to the sign-in page."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _for_programs(pattern.callback)
        return patterns, app_name, namespace

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Say what is wrong in sentences that name the field."""
        return ValidationError(
            [
                {"msg": sentence}
                for context in error_contexts
                for sentence in sentences(context)
            ]
        )

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name operations as their functions, without the path of the module."""
        name: str = operation.view_func.__name__
        return name


def _for_programs(view: View) -> View:
    """Let authentication be the API's own matter, and a wrong method a wrong address.

    Ninja's views are exempt from Django's CSRF check; `Session` makes it.
    """

    @wraps(view)
    def answer(request: HttpRequest, **captured: str) -> HttpResponse:
        try:
            response = view(request, **captured)
        except Http404:
            return endpoint_not_found(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return endpoint_not_found(request)
        tell_limits(request, response)
        return response

    return login_not_required(never_cache(answer))


api = Api(
    title="Signoff API",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    auth=refuse_unscoped,
    throttle=CallLimit(),
    servers=[{"url": settings.BASE_URL}],
    urls_namespace="api_v1",
)
handle_errors(api)
handle_limits(api)
for part in (
    requests,
    comments,
    incidents,
    holdings,
    policies,
    catalog,
    comparison,
    checks,
    audit,
    account,
    tokens,
):
    api.add_router("", part.router)
