"""Reading through the gate: MLflow answers, cut down to what the caller may read."""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse

from registry_ui.api.dialect.operations import Call
from registry_ui.api.dialect.retries import without_phrases
from registry_ui.api.gateway.access import check_readable, readable_names, reads_all
from registry_ui.api.gateway.parameters import (
    ModelName,
    Nothing,
    Search,
    VersionName,
)
from registry_ui.errors import CredentialUnreadableError, InvalidFieldError
from registry_ui.mlflow_client import Answer, JsonObject, shared_client
from registry_ui.mlflow_client.relay import Relay
from registry_ui.models.encryption import decrypt, encrypt

_Named = TypeVar("_Named", bound=ModelName)
MOST_PAGES = 20
"""So many of MLflow's pages are read for one of ours; the rest comes with the next."""


def of_model(path: str) -> Callable[[Call[_Named]], HttpResponse]:
    """Return what reads something of one model."""

    def read(call: Call[_Named]) -> HttpResponse:
        check_readable(call.user, call.given.name)
        return handed_back(relay().read(path, call.given.sent()))

    return read


def of_version(path: str) -> Callable[[Call[VersionName]], HttpResponse]:
    """Return what reads something of one version."""

    def read(call: Call[VersionName]) -> HttpResponse:
        given = call.given
        check_readable(call.user, given.name, version=given.version)
        return handed_back(relay().read(path, given.sent()))

    return read


def search(path: str, key: str, a_page: int) -> Callable[[Call[Search]], HttpResponse]:
    """Return what finds models or versions.

    Args:
        path: of the search.
        key: of what was found, in the answer.
        a_page: how many MLflow finds where nothing is said.
    """

    def read(call: Call[Search]) -> HttpResponse:
        sent = call.given.sent()
        if reads_all(call.user):
            return handed_back(relay().read(path, sent))
        token = sent.pop("page_token", "")
        sent["page_token"] = _opened(token, call.user) if token else ""
        sent.setdefault("max_results", a_page)
        return _readable_page(path, key, sent, call.user)

    return read


def server_info(_: Call[Nothing]) -> HttpResponse:
    """Answer what MLflow can do; its client asks before it names a workspace."""
    return handed_back(relay().server_info())


def relay() -> Relay:
    """Return the way to MLflow."""
    return shared_client(settings.MLFLOW_REGISTRY_URI).relay


def handed_back(answer: Answer) -> HttpResponse:
    """Return what MLflow answered, as it is.

    But for the words of a refusal that would make databricks-sdk call for minutes.
    """
    body = answer.body
    if not answer.is_ok:
        body = without_phrases(body.decode(errors="replace")).encode()
    return HttpResponse(body, status=answer.status, content_type="application/json")


def _readable_page(path: str, key: str, sent: JsonObject, user: User) -> HttpResponse:
    """Return one page of what the user may read.

    Where something is left out the page is filled from the next ones, so that nobody
    can count what is hidden; MLflow is never asked for more than still fits, since its
    token must go on right after the last one shown.
    """
    names = readable_names(user)
    wanted = sent["max_results"]
    found: list[JsonObject] = []
    for _ in range(MOST_PAGES):
        answer = relay().read(path, sent | {"max_results": wanted - len(found)})
        if not answer.is_ok:
            return handed_back(answer)
        page = answer.json()
        found += [item for item in page.get(key, ()) if item["name"] in names]
        sent["page_token"] = page.get("next_page_token", "")
        if not sent["page_token"] or len(found) >= wanted:
            break
    content: JsonObject = {key: found} if found else {}
    if token := sent["page_token"]:
        content["next_page_token"] = encrypt(token, place=_place(user))
    return JsonResponse(content)


def _opened(token: str, user: User) -> str:
    """Return MLflow's token, which tells how many there are, and so is sealed."""
    try:
        return decrypt(token, place=_place(user))
    except CredentialUnreadableError:
        raise InvalidFieldError(
            "page_token", "`page_token` must be the `next_page_token` of a page before."
        ) from None


def _place(user: User) -> str:
    return f"page token of {user.pk}"
