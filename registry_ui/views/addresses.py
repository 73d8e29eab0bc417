"""Addresses that hold the whole state of a list: short, readable, worth keeping."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from registry_ui.comparison import Direction
from registry_ui.forms import FilterForm
from registry_ui.keyset import Edges, KeysetPage


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column that one can sort by.

    Attributes:
        url: sorts by it; the other way round where that is so already.
        state: for `aria-sort`; empty where another column decides.
    """

    url: str
    state: str


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The addresses of the pages around one; empty where there is none."""

    first: str
    previous: str
    next: str


def edges_of(request: HttpRequest) -> Edges:
    """Return where the page lies that is asked for."""
    return Edges(request.GET.get("after", ""), request.GET.get("before", ""))


def query_of(request: HttpRequest, form: FilterForm) -> str:
    """Return the query that asks for the same page again; empty for all there is."""
    edges = edges_of(request)
    return form.query(after=edges.after, before=edges.before).removeprefix(".")


def address_of(request: HttpRequest, form: FilterForm) -> str:
    """Return the address of what is asked for, without anything needless."""
    return request.path + query_of(request, form)


def redirect_if_blank(
    request: HttpRequest, form: FilterForm, *, anchor: str = ""
) -> HttpResponse | None:
    """Lead a browser that sent a form's empty fields to the address without them.

    Where htmx sent them, its answer names the address (`htmx.render_page`).
    """
    has_blanks = not all(request.GET.values())
    if not has_blanks or "HX-Request" in request.headers:
        return None
    return HttpResponseRedirect(address_of(request, form) + anchor)


def links_of(form: FilterForm, page: KeysetPage[Any]) -> PageLinks:
    """Return the addresses of the first page and of a page's neighbours."""
    return PageLinks(
        form.query() if page.before else "",
        form.query(before=page.before) if page.before else "",
        form.query(after=page.after) if page.after else "",
    )


def head_of(form: FilterForm, first: str, second: str, *, descends: bool) -> Head:
    """Return the head of a column.

    Args:
        form: what is chosen.
        first: the order that a first click gives; as the form's `sort` has it.
        second: the same the other way round.
        descends: does `first`?
    """
    current = form.chosen()["sort"]
    if current not in (first, second):
        return Head(form.query(sort=first), "")
    is_descending = descends == (current == first)
    return Head(
        form.query(sort=second if current == first else first),
        "descending" if is_descending else "ascending",
    )


def metric_head(form: FilterForm, name: str, direction: Direction) -> Head:
    """Return the head of a metric's column; a first click shows the best ones."""
    rising, falling = f"metric:{name}", f"-metric:{name}"
    if direction is Direction.LOWER:
        return head_of(form, rising, falling, descends=False)
    return head_of(form, falling, rising, descends=True)
