"""Who calls: the bearer of a token, or somebody who is signed in with a browser."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security import HttpBasicAuth, HttpBearer, SessionAuth
from ninja.utils import check_csrf

from registry_ui.actions.tokens import find_token


class ApiRequest(HttpRequest):
    """A request that passed authentication, for types only."""

    auth: User


class Bearer(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's owner."""
        return _owner(token)


class Basic(HttpBasicAuth):
    """The token as password; the user name is not looked at, since a token has one."""

    def authenticate(
        self, request: HttpRequest, username: str, password: str
    ) -> User | None:
        """Return the token's owner."""
        return _owner(password)


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
        if check_csrf(request):
            raise AuthorizationError(
                message="The CSRF token is missing or wrong. Send the cookie's value as"
                " X-CSRFToken, or sign in with an API token, which needs none."
            )
        return user


_WAYS = (Bearer(), Basic(), Session())


def authenticate(request: HttpRequest) -> User:
    """Return who calls, by token or session.

    Raises:
        AuthenticationError: there is no token, or one that does not work.
        AuthorizationError: a session would change something without its CSRF token.
    """
    for way in _WAYS:
        user: User | None = way(request)
        if user is not None:
            return user
    raise AuthenticationError


def _owner(secret: str) -> User | None:
    token = find_token(secret)
    return token.user if token else None
