"""A move that needs a request: refused with the way to ask, or asked for at once.

Clients take any 200 for done; so a change that waits for people is a 403 that says
where to ask, or under which number it was asked for.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from registry_ui.actions.moves import RequestNeededError
from registry_ui.api.dialect.operations import Call
from registry_ui.errors import InvalidFieldError
from registry_ui.models import ModelVersion

ASKS = "X-Signoff-Request"
CREATE = "create"


def asks(call: Call[Any]) -> bool:
    """Shall the call ask for a move that needs a request, by its header or its token?

    Raises:
        InvalidFieldError: the header says something else.
    """
    said = call.headers.get(ASKS, "")
    if said not in ("", CREATE):
        raise InvalidFieldError(ASKS, f"The header {ASKS} may say {CREATE!r} only.")
    return bool(said) or (call.token is not None and call.token.opens_requests)


def refusal(
    needed: RequestNeededError,
    version: ModelVersion,
    choice: Mapping[str, str],
    *,
    line: str,
) -> RequestNeededError:
    """Return the refusal with what to do now, in words and as one line to run.

    Args:
        needed: why it was not moved.
        version: the candidate.
        choice: what the form shall have filled in.
        line: the call that asks.
    """
    if needed.request is not None:
        where = f"{settings.BASE_URL}{needed.request.get_absolute_url()}"
        return RequestNeededError(
            f"{needed} Request #{needed.request.number} is open for it: {where}",
            needed.request,
        )
    name, number = version.model.name, version.number
    form = reverse("registry_ui:request_create", args=[name, number])
    return RequestNeededError(
        f"{needed} Ask on {settings.BASE_URL}{form}?{urlencode(choice)} or by: {line}",
        None,
    )
