"""The client of a Signoff server."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from math import inf
from operator import index
from typing import Any, cast
from urllib.parse import quote

from signoff.answers import (
    Account,
    Check,
    Comment,
    Comparison,
    Decision,
    NewToken,
    OwnToken,
    Request,
    RequestSummary,
    Scope,
    Status,
    Verdict,
)
from signoff.configuration import api_token, server_url
from signoff.connection import Connection
from signoff.errors import (
    NOT_SIGNOFF,
    SignoffError,
    UnavailableError,
    WaitTimeoutError,
)

UNDER_WAY: frozenset[Status] = frozenset({"open", "approved", "applying"})
"""With any other status, nothing more becomes of a request unless somebody acts."""

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
PAUSE_PER_SECOND_WAITED = 0.1
SHORTEST_LOOK = 3.0
"""Seconds that the server has to say how a request is, however little is left."""


class Client:
    """Speaks with one server as the owner of one token; threads may share it.

    Every method raises `SignoffError` or its kin. A call is tried again where the
    server is out of service for a moment, and happens once all the same; but `cancel`,
    `create_token` and `revoke_token` are sent again only if no connection came about.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, timeout: float = 30.0
    ) -> None:
        """Find out which server to call; nothing is sent yet.

        Args:
            url: of the server; if None, from `SIGNOFF_URL`.
            token: if None, from `SIGNOFF_TOKEN`, or the file of `SIGNOFF_TOKEN_FILE`.
            timeout: seconds to wait for a connection, and then for each answer.

        Raises:
            ConfigurationError: one of them is not said, or cannot be.
        """
        self._connection = Connection(
            server_url(url), api_token(token), timeout=timeout
        )

    def account(self) -> Account:
        """Return who you are to the server, and how far your token reaches."""
        return cast("Account", self._connection.call("GET", "/account"))

    def tokens(self) -> Iterator[OwnToken]:
        """Yield your own tokens, newest first, page by page."""
        yield from self._listed("/tokens", "tokens")

    def create_token(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        days: int | None = None,
        opens_requests: bool = False,
    ) -> NewToken:
        """Make a token of your own, no stronger than the one that calls.

        Args:
            name: what it is for.
            scopes: what it is good for.
            days: how long it works; None: until revoked, or as long as the calling one.
            opens_requests: ask for a move that needs a request, in the same call.
        """
        body = {
            "name": name,
            "scopes": list(scopes),
            "days": days,
            "opens_requests": opens_requests,
        }
        return cast("NewToken", self._connection.call("POST", "/tokens", body=body))

    def revoke_token(self, token_id: int) -> None:
        """Let one of your tokens work no longer; by its `id`."""
        self._connection.call("DELETE", f"/tokens/{index(token_id)}")

    def requests(
        self,
        *,
        model: str | None = None,
        status: Status | None = None,
        mine: bool = False,
        waiting_for_me: bool = False,
    ) -> Iterator[RequestSummary]:
        """Yield the requests that you may see, newest first, page by page.

        Args:
            model: only those about this model.
            status: only those in it.
            mine: only those that you asked for.
            waiting_for_me: only open ones that your approval would move on.
        """
        wanted = {
            "model": model,
            "status": status,
            "mine": "true" if mine else None,
            "waiting_for_me": "true" if waiting_for_me else None,
        }
        query = [(name, value) for name, value in wanted.items() if value]
        yield from self._listed("/requests", "requests", query)

    def request(self, number: int) -> Request:
        """Return a request with its gates, plan, reviews, comments and outcome."""
        return self._request(number)

    def create_request(
        self,
        model: str,
        version: int,
        target: str,
        *,
        comment: str,
        archive_existing_versions: bool = False,
    ) -> Request:
        """Ask to put a version into a target.

        Args:
            model: name of the registered model.
            version: its number.
            target: a stage such as `Production`, or an alias such as `@champion`.
            comment: why; reviewers read it first.
            archive_existing_versions: archive those that are in the stage now.
        """
        body = {
            "model": model,
            "version": index(version),
            "target": _full_target(target),
            "comment": comment,
            "archive_existing_versions": archive_existing_versions,
        }
        found = self._connection.call("POST", "/requests", body=body, is_keyed=True)
        return cast("Request", found)

    def review(
        self,
        number: int,
        decision: Decision,
        *,
        fingerprint: str | None,
        comment: str = "",
    ) -> Request:
        """Approve or reject a request; return it as it is then.

        Args:
            number: of the request.
            decision: `approve` or `reject`.
            fingerprint: of what was looked at, as the request said it; with None the
                decision is recorded as not seen.
            comment: required with a rejection.

        Raises:
            ConflictError: it changed since it was looked at; nothing is decided.
        """
        body = {"decision": decision, "comment": comment, "fingerprint": fingerprint}
        path = f"/requests/{index(number)}/reviews"
        found = self._connection.call("POST", path, body=body, is_keyed=True)
        return cast("Request", found)

    def cancel(self, number: int, *, comment: str = "") -> Request:
        """Withdraw an open request; return it as it is then."""
        path = f"/requests/{index(number)}/cancel"
        body = {"comment": comment}
        return cast("Request", self._connection.call("POST", path, body=body))

    def comment(self, number: int, text: str) -> Comment:
        """Write in the discussion of a request; the text is Markdown."""
        path = f"/requests/{index(number)}/comments"
        body = {"text": text}
        found = self._connection.call("POST", path, body=body, is_keyed=True)
        return cast("Comment", found)

    def checks(self, model: str, version: int) -> list[Check]:
        """Return the newest verdict of each check on a version, by name."""
        found = self._connection.call("GET", _checks_path(model, version))
        return cast("list[Check]", found["checks"])

    def report_check(
        self,
        model: str,
        version: int,
        name: str,
        verdict: Verdict,
        *,
        link: str = "",
        text: str = "",
    ) -> Check:
        """Report what an outside system found; it replaces the last one of that name.

        Args:
            model: name of the registered model.
            version: its number.
            name: what was checked, as policies name it.
            verdict: `pending`, `passed` or `failed`.
            link: an http(s) address with the details.
            text: what was found, in a sentence or a report.
        """
        body = {"name": name, "verdict": verdict, "link": link, "text": text}
        path = _checks_path(model, version)
        found = self._connection.call("POST", path, body=body, is_keyed=True)
        return cast("Check", found)

    def compare(self, *versions: str, only_differences: bool = False) -> Comparison:
        """Compare two to ten versions.

        Args:
            versions: each `model/number`, such as `churn/7`; the first is the baseline.
            only_differences: leave out rows that are equal in all.
        """
        query = [("v", version) for version in versions]
        if only_differences:
            query.append(("only", "differences"))
        found = self._connection.call("GET", "/compare", query=query)
        return cast("Comparison", found)

    def wait(
        self,
        number: int,
        *,
        timeout: float,
        on_change: Callable[[Request], object] = lambda request: None,
    ) -> Request:
        """Return the request once it is decided and carried out, or never will be.

        A server that is away for a while is waited for, too, once it has answered.

        Args:
            number: of the request.
            timeout: seconds; the last look may take a few more.
            on_change: called with the request at first, and whenever its status or
                the verdict of a gate is another.

        Raises:
            WaitTimeoutError: it was still under way then.
        """
        begun = time.monotonic()
        request = self._request(number, within=max(timeout, SHORTEST_LOOK))
        on_change(request)
        while request["status"] in UNDER_WAY:
            waited = time.monotonic() - begun
            if waited >= timeout:
                raise WaitTimeoutError(
                    f"Request {number} is still {request['status']} after"
                    f" {waited:.0f} seconds."
                )
            # Who has waited long can wait a little longer, and the server has rest.
            pause = max(SHORTEST_PAUSE, PAUSE_PER_SECOND_WAITED * waited)
            time.sleep(min(pause, LONGEST_PAUSE, timeout - waited))
            before = request
            left = timeout - (time.monotonic() - begun)
            try:
                request = self._request(number, within=max(left, SHORTEST_LOOK))
            except UnavailableError:
                continue
            if _state(request) != _state(before):
                on_change(request)
        return request

    def _request(self, number: int, *, within: float = inf) -> Request:
        found = self._connection.call(
            "GET", f"/requests/{index(number)}", within=within
        )
        return cast("Request", found)

    def _listed(
        self, path: str, key: str, query: Iterable[tuple[str, str]] = ()
    ) -> Iterator[Any]:
        """Yield what all pages of a list have under the key."""
        cursor: list[tuple[str, str]] = []
        while True:
            page = self._connection.call("GET", path, query=[*query, *cursor])
            yield from page[key]
            if page["next_cursor"] is None:
                return
            following = [("cursor", page["next_cursor"])]
            if following == cursor:
                raise SignoffError(
                    "The server's list does not end; see whether the address is"
                    " Signoff's.",
                    error_code=NOT_SIGNOFF,
                )
            cursor = following


def _state(request: Request) -> tuple[Status, list[str]]:
    return request["status"], [gate["verdict"] for gate in request["gates"]]


def _full_target(target: str) -> str:
    """Write a target as the server does; who writes it so already may."""
    if target.startswith("@"):
        return f"alias:{target[1:]}"
    return target if ":" in target else f"stage:{target}"


def _checks_path(model: str, version: int) -> str:
    name = quote(model, safe="", errors="replace")
    return f"/models/{name}/versions/{index(version)}/checks"
