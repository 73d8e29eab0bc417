"""How many calls a person may make within a minute, and telling so in headers."""

from math import ceil

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import Throttled
from ninja.throttling import BaseThrottle

from registry_ui.actions.call_limits import CallStanding, count_call
from registry_ui.api.errors import answer_action_error
from registry_ui.errors import LimitExceededError

_KEPT = "_call_standing"


class CallLimit(BaseThrottle):
    """Counts the calls of whoever was let in; what is refused before has its own."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Is there a call left?"""
        standing = count_call(request.auth)  # type: ignore[attr-defined] # Ninja's
        vars(request)[_KEPT] = standing
        return standing.is_granted


def handle_limits(api: NinjaAPI) -> None:
    """Let the API answer those who have no call left."""
    api.exception_handler(Throttled)(_answer_throttled)


def tell_limits(request: HttpRequest, response: HttpResponse) -> None:
    """Say in headers what is left.

    Source: draft-ietf-httpapi-ratelimit-headers, in the form that most clients read
    (version 06): the limit, what remains of it, and seconds until it is whole again.
    """
    standing: CallStanding | None = vars(request).get(_KEPT)
    if standing is not None:
        response["RateLimit-Limit"] = str(standing.limit)
        response["RateLimit-Remaining"] = str(standing.left)
        response["RateLimit-Reset"] = str(ceil(standing.resets_in.total_seconds()))


def _answer_throttled(request: HttpRequest, _: Throttled) -> HttpResponse:
    standing: CallStanding = vars(request)[_KEPT]
    error = LimitExceededError(
        f"You have made {standing.limit:,} calls within a minute, which is the limit.",
        standing.resets_in,
    )
    return answer_action_error(request, error)
