"""Reading through the gate: MLflow answers, cut down to what the caller may read."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse

from registry_ui.api.dialect.operations import Call
from registry_ui.api.dialect.retries import without_phrases
from registry_ui.api.gateway.access import check_readable, readable_names
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
LONGEST_FILTER = 3000
"""In bytes of the address, which some servers limit to 4,000 in all."""
_LISTED = re.compile(r"""[^'"\\\x00-\x1f\x7f-\x9f]+""")
"""What can stand in a list of MLflow's filters, whose grammar has no escape."""


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
        names = readable_names(call.user)
        if names is None:
            return handed_back(relay().read(path, sent))
        sent.setdefault("max_results", a_page)
        filters = _filters(sent.get("filter", ""), names)
        if token := sent.pop("page_token", ""):
            sent["page_token"], filters = _opened(token, call.user, filters)
        for sent["filter"] in filters:
            answer = _readable_page(path, key, sent, call.user, names)
            if answer.status_code == HTTPStatus.OK:
                break
        return answer

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


def _filters(said: str, names: set[str]) -> list[str]:
    """Return the filters to try until MLflow takes one; the last is as it was said.

    Before that one stands the same, narrowed to what the user may read: MLflow takes
    longest over what it finds. An older MLflow knows no list of models' names, and a
    mistake in a filter is told in MLflow's words about the filter that was said.
    """
    if "name" in said or not all(map(_LISTED.fullmatch, names)):
        return [said]
    listed = ", ".join(f"'{name}'" for name in sorted(names) or [""])
    narrow = f"name IN ({listed})" + (f" AND {said}" if said else "")
    return [narrow, said] if len(quote(narrow)) <= LONGEST_FILTER else [said]


def _readable_page(
    path: str, key: str, sent: JsonObject, user: User, names: set[str]
) -> HttpResponse:
    """Return one page of what the user may read.

    Where something is left out the page is filled from the next ones, so that nobody
    can count what is hidden; MLflow is never asked for more than still fits, since its
    token must go on right after the last one shown.
    """
    wanted, token = sent["max_results"], sent.get("page_token", "")
    found: list[JsonObject] = []
    for _ in range(MOST_PAGES):
        asked = {"max_results": wanted - len(found), "page_token": token}
        answer = relay().read(path, sent | asked)
        if not answer.is_ok:
            return handed_back(answer)
        page = answer.json()
        found += [item for item in page.get(key, ()) if item["name"] in names]
        token = page.get("next_page_token", "")
        if not token or len(found) >= wanted:
            break
    if not token and found == page.get(key):
        return handed_back(answer)
    content: JsonObject = {key: found} if found else {}
    if token:
        content["next_page_token"] = encrypt(token, place=_place(user, sent["filter"]))
    return JsonResponse(content)


def _opened(token: str, user: User, filters: Iterable[str]) -> tuple[str, list[str]]:
    """Return MLflow's token and the filter that it goes on with.

    It tells how many there are, and so is sealed. As the number of those passed it
    means something for one user and one filter only.
    """
    for one in filters:
        with suppress(CredentialUnreadableError):
            return decrypt(token, place=_place(user, one)), [one]
    raise InvalidFieldError(
        "page_token",
        "`page_token` must be the `next_page_token` of a page before, of the same"
        " search, and what you may read must be the same since. Search once more.",
    )


def _place(user: User, sent_filter: str) -> str:
    return f"page token of {user.pk} for {sent_filter}"
