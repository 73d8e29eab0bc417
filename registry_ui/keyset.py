"""Pages that are cut by the key of the row at their edge, not by a number.

A page costs the same wherever it lies, and rows that come or go meanwhile neither
repeat nor hide any other. What counts as many is not counted: the cost of a count
grows with what it counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable

COUNTED = 1000
"""More rows than this are "more than 1,000"."""

_Row = TypeVar("_Row", bound=Model)

Key = tuple[Any, ...]
"""The values that place one row in an order."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One part of an order; its values are never NULL."""

    expression: Combinable
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Order(Generic[_Row]):
    """A total order of rows, and how an address names a place in it.

    Attributes:
        keys: no two rows are equal in all of them.
        write: what an address says of a row.
        read: the key that an address names; None where it names none.
    """

    keys: tuple[SortKey, ...]
    write: Callable[[_Row], str]
    read: Callable[[str], Key | None]


@dataclass(frozen=True, slots=True)
class Edges:
    """What an address says about where the page lies; empty for the first one."""

    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[_Row]):
    """One page.

    Attributes:
        rows: in order.
        before: names the edge of the previous page; empty where there is none.
        after: names the edge of the next page; empty where there is none.
        count: how many rows all pages have together, at most `COUNTED`; None on any
            page but the first.
        is_cut: are there more than `count`?
    """

    rows: list[_Row]
    before: str
    after: str
    count: int | None
    is_cut: bool


def page_of(
    found: QuerySet[_Row],
    fetch: Callable[[list[Any]], Mapping[Any, _Row]],
    order: Order[_Row],
    edges: Edges,
    *,
    size: int,
) -> KeysetPage[_Row]:
    """Return one page; the first if the edges name no place or nothing is there.

    A filter may be slow, so it is asked once a page, for primary keys alone: the query
    of the first page counts too, and rows are fetched by their keys.

    Args:
        found: all rows that are wanted, in any order.
        fetch: returns rows by their primary keys, with all that is shown of them.
        order: the order they are shown in.
        edges: from the address, as anybody may have written it.
        size: how many rows a page has.
    """
    ordered = found.alias(
        **{f"key{n}": key.expression for n, key in enumerate(order.keys)}
    )
    pks, has_previous, count = _cut(ordered, order, edges, size)
    by_pk = fetch(pks[:size])
    page = [by_pk[pk] for pk in pks[:size] if pk in by_pk]
    return KeysetPage(
        page,
        order.write(page[0]) if page and has_previous else "",
        order.write(page[-1]) if page and len(pks) > size else "",
        None if count is None else min(count, COUNTED),
        (count or 0) > COUNTED,
    )


def _cut(
    found: QuerySet[_Row], order: Order[_Row], edges: Edges, size: int
) -> tuple[list[Any], bool, int | None]:
    """Return primary keys, whether any come before them, and their count if known.

    There are more keys than `size` if and only if there is a next page.
    """
    keys = order.keys
    if edges.before and (place := order.read(edges.before)) is not None:
        earlier = in_order(found.filter(beyond(keys, place, step=-1)), keys, step=-1)
        pks = list(earlier[: size + 1])
        if len(pks) > size:  # else the first page shows them, and is full
            return [*pks[size - 1 :: -1], pks[0]], True, None
    elif edges.after and (place := order.read(edges.after)) is not None:
        later = in_order(found.filter(beyond(keys, place, step=1)), keys, step=1)
        if pks := list(later[: size + 1]):
            return pks, True, None
    pks = list(in_order(found, keys, step=1)[: COUNTED + 1])
    return pks, False, len(pks)


def in_order(found: QuerySet[_Row], keys: Sequence[SortKey], *, step: int) -> Any:
    """Return primary keys in the order, or in the reverse one with a step of -1."""
    return found.order_by(
        *(
            f"-key{n}" if key.is_descending == (step > 0) else f"key{n}"
            for n, key in enumerate(keys)
        )
    ).values_list("pk", flat=True)


def beyond(keys: Sequence[SortKey], place: Key, *, step: int) -> Q:
    """Match what comes after a place in an order, or before it with a step of -1.

    The first condition follows from the others; databases find it in an index.
    """
    signs = ["lt" if key.is_descending == (step > 0) else "gt" for key in keys]
    branches = [
        Q(
            *((f"key{same}", place[same]) for same in range(n)),
            (f"key{n}__{sign}", place[n]),
        )
        for n, sign in enumerate(signs)
    ]
    return Q((f"key0__{signs[0]}e", place[0])) & reduce(or_, branches)
