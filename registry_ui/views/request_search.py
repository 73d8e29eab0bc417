"""Finds requests for the inbox: one of its lists, filtered, a page at a time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from registry_ui.actions.awaited import approvals_given
from registry_ui.actions.watching import watched_by
from registry_ui.forms import ANY_ALIAS, target_as_stored
from registry_ui.keyset import Edges, Key, KeysetPage, Order, SortKey, page_of
from registry_ui.models import ALIAS_PREFIX, Comment, RegisteredModel, TransitionRequest
from registry_ui.models.text import contains, equals

PAGE_SIZE = 25
LATE_AFTER = timedelta(days=3)
"""A request that has been open for longer is marked."""
_LARGEST = 2**63 - 1
_VERSION = re.compile(r"(?P<model>.+) v(?P<number>\d{1,9})", re.DOTALL)


def usual_order(show: str) -> str:
    """Return how a list is ordered if nothing else is chosen: `oldest` or `newest`."""
    return "oldest" if show == "waiting" else "newest"


def find_requests(
    user: User, show: str, chosen: dict[str, Any], waiting: list[int]
) -> QuerySet[TransitionRequest]:
    """Return the requests of a list that the user may read and that meet the filters.

    Args:
        user: who asks.
        show: one of the tabs, or `all`.
        chosen: of `RequestFilterForm`; what is empty is no condition.
        waiting: the numbers of those that wait for the user.
    """
    found = TransitionRequest.objects.visible_to(user)
    found = found.filter(_in_list(user, show, waiting))
    for name, condition in _CONDITIONS.items():
        if chosen[name]:
            found = found.filter(condition(chosen[name]))
    return found


def request_page(
    found: QuerySet[TransitionRequest], order: str, edges: Edges
) -> KeysetPage[TransitionRequest]:
    """Return one page of requests, with what `request_rows` needs of them.

    Args:
        found: in any order.
        order: `oldest` or `newest`.
        edges: of the page.
    """
    key = SortKey(F("number"), is_descending=order == "newest")
    return page_of(
        found,
        _fetch,
        Order((key,), lambda request: str(request.number), _read_number),
        edges,
        size=PAGE_SIZE,
    )


def _in_list(user: User, show: str, waiting: list[int]) -> Q:
    is_open = Q(status=TransitionRequest.Status.OPEN)
    match show:
        case "waiting":
            return Q(pk__in=waiting)
        case "mine":
            return Q(requested_by=user)
        case "watching":
            return watched_by(user)
        case "open":
            return is_open
        case "done":
            return ~is_open
    return Q()


def _is_called(text: str) -> Q:
    """Match a part of the model's name, `churn v7`, or the request's number."""
    found = Q(version__model__in=_models_with(text))
    if version := _VERSION.fullmatch(text):
        found |= Q(
            version__model__in=_models_with(version["model"]),
            version__number=int(version["number"]),
        )
    if (number := _read_number(text.removeprefix("#"))) is not None:
        found |= Q(number=number[0])
    return found


def _models_with(part: str) -> QuerySet[RegisteredModel, Any]:
    return RegisteredModel.objects.filter(contains("name", part)).values("pk")


def _is_into(target: str) -> Q:
    if target == ANY_ALIAS:
        return Q(target__startswith=ALIAS_PREFIX)
    return equals("target", target_as_stored(target))


def _is_asked_by(text: str) -> Q:
    people = User.objects.alias(full_name=Concat("first_name", Value(" "), "last_name"))
    called = people.filter(equals("username", text) | contains("full_name", text))
    return Q(requested_by__in=called.values("pk"))


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "q": _is_called,
    "target": _is_into,
    "by": _is_asked_by,
    "kind": lambda kind: Q(kind=kind),
    "status": lambda status: Q(status=status),
}
"""What each field of `RequestFilterForm` asks for."""


def _read_number(text: str) -> Key | None:
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_LARGEST))
    return (int(text),) if is_number else None


def _fetch(pks: list[int]) -> dict[int, TransitionRequest]:
    requests = TransitionRequest.objects.select_related(
        "version__model", "requested_by", "closed_by"
    )
    return requests.in_bulk(pks)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as a list shows it.

    Attributes:
        ask: the request.
        given: how many of the approvals that it needs it has; 0 once it is decided.
        needed: how many it needs; 0 likewise, and where its policy asks for none.
        comment_count: how many comments its discussion has.
        is_late: has it been open for longer than `LATE_AFTER`?
    """

    ask: TransitionRequest
    given: int
    needed: int
    comment_count: int
    is_late: bool


def request_rows(requests: Sequence[TransitionRequest]) -> list[RequestRow]:
    """Return what a list shows of requests, in the same order."""
    numbers = [one.number for one in requests]
    approvals = approvals_given([one.number for one in requests if one.is_open])
    comments = Comment.objects.live().filter(request__in=numbers).order_by()
    counts = dict(comments.values_list("request").annotate(count=Count("pk")))
    late = timezone.now() - LATE_AFTER
    return [
        RequestRow(
            one,
            *approvals.get(one.number, (0, 0)),
            comment_count=counts.get(one.number, 0),
            is_late=one.is_open and one.created_at < late,
        )
        for one in requests
    ]
