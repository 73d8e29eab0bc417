"""Reading through the gate: MLflow answers, cut down to what the caller may read."""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
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
LARGEST_PAGE = 1000
"""So many rows at the most are read at once where none of those before was readable;
MLflow takes no more of models."""
_NOT_POSITIVE = (
    "Invalid value for max_results. It must be a positive integer, but got {}"
)
"""MLflow's words for versions; of models it would say whether there are any."""
_LISTED = re.compile(r"""[^'"\\\x00-\x1f\x7f-\x9f]+""")
"""What can stand in a list of MLflow's filters, whose grammar has no escape."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page of ours begins among MLflow's.

    Attributes:
        filter: that is handed on.
        size: how many rows MLflow is asked for at once.
        token: MLflow's, of its page.
        skipped: how many rows of that page belong to ours before.
        is_narrow: does the filter find nothing but what the user may read?
    """

    filter: str
    size: int
    token: str = ""
    skipped: int = 0
    is_narrow: bool = False

    def place(self, user: User) -> str:
        """Name what a token is good for: one user and one filter."""
        return f"start of a page of {user.pk} for {self.filter}"

    def sealed(self, user: User) -> str:
        """Return a token for the start; sealed, since it tells how many are hidden."""
        said = json.dumps([self.size, self.token, self.skipped])
        return encrypt(said, place=self.place(user))

    def at(self, said: str) -> "_Start":
        """Return the start of the same search that was sealed."""
        size, token, skipped = json.loads(said)
        if not skipped:
            size = max(size, self.size)
        return replace(self, size=size, token=token, skipped=skipped)


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
        wanted = sent.pop("max_results", a_page)
        if wanted < 1:
            raise InvalidFieldError("max_results", _NOT_POSITIVE.format(wanted))
        token, said = sent.pop("page_token", ""), sent.pop("filter", "")
        starts = _starts(said, names, wanted)
        if token:
            starts = [_opened(token, call.user, starts)]
        for start in starts:
            answer = _readable_page(path, key, sent, start, call.user, names, wanted)
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


def _starts(said: str, names: set[str], wanted: int) -> list[_Start]:
    """Return where to begin, to be tried until MLflow takes one; the last as was said.

    Before that one stands the same, narrowed to what the user may read: MLflow takes
    longest over what it finds. An older MLflow knows no list of models' names, and a
    mistake in a filter is told in MLflow's words about the filter that was said.
    """
    as_said = _Start(said, wanted)
    if not all(map(_LISTED.fullmatch, names)):
        return [as_said]
    listed = ", ".join(f"'{name}'" for name in sorted(names) or [""])
    narrow = f"name IN ({listed})" + (f" AND {said}" if said else "")
    if len(quote(narrow)) > LONGEST_FILTER:
        return [as_said]
    return [_Start(narrow, wanted, is_narrow=True), as_said]


def _readable_page(
    path: str,
    key: str,
    sent: JsonObject,
    start: _Start,
    user: User,
    names: set[str],
    wanted: int,
) -> HttpResponse:
    """Return one page of what the user may read.

    Where something is left out the page is filled from the next ones. That more is to
    come is said where something readable is, so that nobody learns by it what is
    hidden; and after `MOST_PAGES`, which tells that thousands of rows are.
    """
    found: list[JsonObject] = []
    for _ in range(MOST_PAGES):
        asked = {"filter": start.filter, "max_results": start.size}
        answer = relay().read(path, sent | asked | {"page_token": start.token})
        if not answer.is_ok:
            return handed_back(answer)
        page = answer.json()
        rows, token = page.get(key, ()), page.get("next_page_token", "")
        readable = [
            place
            for place, row in enumerate(rows)
            if place >= start.skipped and row["name"] in names
        ]
        left = wanted - len(found)
        found += [rows[place] for place in readable[:left]]
        if len(readable) > left:
            return _page(key, found, replace(start, skipped=readable[left]), user)
        if not token:
            return _page(key, found, None, user)
        size = start.size if readable else min(4 * start.size, LARGEST_PAGE)
        start = replace(start, token=token, skipped=0, size=max(size, wanted))
        if start.is_narrow:
            break
    return _page(key, found, start, user)


def _page(
    key: str, found: list[JsonObject], more: _Start | None, user: User
) -> HttpResponse:
    """Return what was found, and where the next page begins; None: there is none."""
    content: JsonObject = {key: found} if found else {}
    if more:
        content["next_page_token"] = more.sealed(user)
    return JsonResponse(content)


def _opened(token: str, user: User, starts: Iterable[_Start]) -> _Start:
    """Return where the page begins that a token of ours stands for.

    Raises:
        InvalidFieldError: it stands for none of this user's in such a search.
    """
    for start in starts:
        with suppress(CredentialUnreadableError):
            return start.at(decrypt(token, place=start.place(user)))
    raise InvalidFieldError(
        "page_token",
        "`page_token` must be the `next_page_token` of a page before, of the same"
        " search, and what you may read must be the same since. Search once more.",
    )
