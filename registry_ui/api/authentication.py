"""Who calls, and how far that reaches: the bearer of a token, or a browser's session.

Every operation states the scope that a token needs for it: in `/api/v1` with `needs`,
in Databricks' dialect in its `Operation`. A session has all scopes.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.operation import Operation
from ninja.security import HttpBasicAuth, HttpBearer, SessionAuth
from ninja.utils import check_csrf, contribute_operation_callback

from registry_ui.actions.failed_tokens import count_failure
from registry_ui.actions.tokens import find_token
from registry_ui.api.declared import take_only_what_is_declared
from registry_ui.models import ApiToken, Scope

SCOPE_KEY = "x-scope"
"""Where an operation's scope stands in the OpenAPI document."""

V = TypeVar("V", bound=Callable[..., Any])


class ApiRequest(HttpRequest):
    """A request that passed authentication, for types only."""

    auth: User


class _ForScope:
    """Signs in for operations of one scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope


class Bearer(_ForScope, HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's owner."""
        return _owner(request, token, self._scope)


class Basic(_ForScope, HttpBasicAuth):
    """The token as password; the user name is not looked at, since a token has one."""

    def authenticate(
        self, request: HttpRequest, username: str, password: str
    ) -> User | None:
        """Return the token's owner."""
        return _owner(request, password, self._scope)


class Session(SessionAuth):
    """The browser's session, with the CSRF token where something may change."""

    def __call__(self, request: HttpRequest) -> User | None:
        """Return who is signed in.

        A bad token is refused, whatever cookies come with it; and nobody's call is
        told about tokens before CSRF.
        """
        user = request.user
        if "Authorization" in request.headers or not isinstance(user, User):
            return None
        self._check_intent(request)
        _remember_token(request, None)
        return user

    def _check_intent(self, request: HttpRequest) -> None:
        """Refuse a change that a page of somebody else may have sent."""
        if check_csrf(request):
            raise AuthorizationError(
                message="The CSRF token is missing or wrong. Send the cookie's value as"
                " X-CSRFToken, or sign in with an API token, which needs none."
            )


class SameOriginSession(Session):
    """The same for MLflow's own pages, which know no CSRF token: their origin does."""

    def _check_intent(self, request: HttpRequest) -> None:
        if _is_same_origin(request) or not check_csrf(request):
            return
        raise AuthorizationError(
            message="With a browser's session this is done for pages of"
            f" {settings.ORIGIN} alone, and the request does not prove that it comes"
            " from one: `Sec-Fetch-Site` must be `same-origin`, or, where a browser"
            f" does not send it, `Origin` must be `{settings.ORIGIN}`. Programs sign in"
            " with an API token."
        )


def needs(scope: Scope) -> Callable[[V], V]:
    """State the scope of an operation in `/api/v1`; stands below the router's line.

    Such an operation takes what it declares, and nothing else.
    """

    def contribute(operation: Operation) -> None:
        operation.auth_param = operation.auth_callbacks = _ways(scope)
        said = operation.description or ""
        operation.description = f"{said}\n\nA token needs the scope `{scope}`.".strip()
        operation.openapi_extra = {**(operation.openapi_extra or {}), SCOPE_KEY: scope}
        take_only_what_is_declared(operation)

    def decorate(view: V) -> V:
        contribute_operation_callback(view, contribute)
        return view

    return decorate


def refuse_unscoped(_request: HttpRequest) -> None:
    """Stand where an operation's author forgot `needs`: nobody comes through."""
    raise ImproperlyConfigured("This operation states no scope: use `needs`.")


def authenticate(
    request: HttpRequest, scope: Scope, *, session: type[Session] = Session
) -> User:
    """Return who calls, by token or session.

    Args:
        request: of whoever calls.
        scope: that a token needs.
        session: what a session has to prove.

    Raises:
        AuthenticationError: there is no token, or one that does not work.
        LimitExceededError: many from the same address did not.
        AuthorizationError: a session would change something and proves too little.
        PermissionDenied: the token lacks the scope.
    """
    for way in _ways(scope, session):
        user: User | None = way(request)
        if user is not None:
            return user
    raise AuthenticationError


def require_scope(request: HttpRequest, scope: Scope) -> None:
    """Refuse a token without the scope; for what a call turns out to ask for.

    Args:
        request: authenticated before.
        scope: beyond the one that the operation states.

    Raises:
        PermissionDenied: it names the token, the scope and what to do.
    """
    token = token_of(request)
    if token is None or scope in token.scopes:
        return
    raise PermissionDenied(
        f"The token {token.name!r} ({token.prefix}…) lacks the scope `{scope}`, which"
        f" this call needs; it has {', '.join(token.scopes)}. Make a token with that"
        " scope on your account page, or with"
        f" `manage.py api_token {token.user.get_username()} --scope {scope}`."
    )


@cache
def _ways(
    scope: Scope, session: type[Session] = Session
) -> tuple[Bearer, Basic, Session]:
    """Return the ways to sign in, in the order in which they are tried."""
    return Bearer(scope), Basic(scope), session()


def _is_same_origin(request: HttpRequest) -> bool:
    """Did a page of our own origin send this?

    Browsers set both headers, and no page can. `Sec-Fetch-Site` comes first: with it
    `Origin` adds nothing, and the other way round it might be another port's.
    Source: W3C Fetch Metadata; browsers send it to https and loopback only.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == settings.ORIGIN


def _owner(request: HttpRequest, secret: str, scope: Scope) -> User | None:
    """Return the token's owner; None if it does not work.

    Raises:
        LimitExceededError: nor did many before it from the same address.
        PermissionDenied: the token lacks the scope.
    """
    address = request.META.get("REMOTE_ADDR", "")
    token = find_token(secret, address=address)
    if token is None:
        count_failure(secret, address=address)
        return None
    _remember_token(request, token)
    require_scope(request, scope)
    return token.user


def token_of(request: HttpRequest) -> ApiToken | None:
    """Return the token by which an authenticated request came; None for a session."""
    token: ApiToken | None = vars(request)["api_token"]
    return token


def _remember_token(request: HttpRequest, token: ApiToken | None) -> None:
    """Keep what `token_of` returns."""
    vars(request)["api_token"] = token
